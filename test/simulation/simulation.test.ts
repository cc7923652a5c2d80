import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stuttering } from './altered.ts';
import { happen, type Mishap, mishaps, readings } from './chaos.ts';
import { crash, runWith, takeOver } from './every-step.ts';
import { type History, histories, permuted, repeated } from './history.ts';
import { type Ledger, withoutRepeats } from './ledger.ts';
import { expectedLedger } from './oracle.ts';
import { Pipeline, type Processors, REAL } from './pipeline.ts';
import { refusals } from './refusals.ts';
import { smallHistory } from './small-history.ts';
import { PLAIN_READING, type Reading, subscribe } from './subscriber.ts';
import { violations } from './violations.ts';

const { PROPERTY_RUNS = '500' } = process.env;
/** A run is a whole pipeline. */
const numRuns = Math.ceil(Number(PROPERTY_RUNS) / 10);

const anyHistory = histories({ inputs: 40, partitions: 3 });
const script = fc.array(mishaps, { minLength: 10, maxLength: 150, size: 'max' });
const LEAKY: Reading = { ...PLAIN_READING, leaks: true };

test('comes to the end that follows from the inputs alone', () => {
  fc.assert(
    fc.property(anyHistory, (history) => {
      assert.deepEqual(readAll(undisturbed(history)), expectedLedger(history));
    }),
    { numRuns },
  );
});

test('comes to the same end whatever crashes, restarts, moves, waits or is read twice', () => {
  fc.assert(
    fc.property(anyHistory, script, readings, fc.boolean(), (history, events, reading, leaks) => {
      const pipeline = disturbed(history, events, leaks);
      assert.deepEqual(subscribe(pipeline.cluster, reading), expectedLedger(history));
      assert.deepEqual(refusals(pipeline.cluster), refusals(undisturbed(history).cluster));
    }),
    { numRuns },
  );
});

for (const [accident, name] of [
  [crash, 'crashes'],
  [takeOver, 'is taken over'],
] as const) {
  test(`comes to the same end when the meter, attribute or both ${name} after any step of a small history`, () => {
    const expected = expectedLedger(smallHistory);
    const quiet = runWith(smallHistory, 0, () => {});
    const refused = refusals(quiet.pipeline.cluster);
    assert.deepEqual(readAll(quiet.pipeline), expected);
    assert.ok(quiet.steps > 80 && expected.size > 3 && refused.length > 3, 'there is something to disturb');
    for (const victims of [[0], [2], [0, 2]]) {
      for (let steps = 1; steps <= quiet.steps; steps++) {
        const { pipeline } = runWith(smallHistory, steps, (running) => {
          for (const victim of victims) accident(running, victim);
        });
        const when = `members ${victims.join(' and ')} after step ${steps}`;
        assert.deepEqual(readAll(pipeline), expected, when);
        assert.deepEqual(subscribe(pipeline.cluster, LEAKY), expected, `${when}, and aborted records are seen`);
        assert.deepEqual(refusals(pipeline.cluster), refused, when);
      }
    }
  });
}

test('comes to the same end in whatever order inputs arrive', () => {
  fc.assert(
    fc.property(anyHistory, fc.array(fc.nat(), { minLength: 80, maxLength: 80 }), (history, order) => {
      assert.deepEqual(readAll(undisturbed(permuted(history, order))), expectedLedger(history));
    }),
    { numRuns },
  );
});

test('comes to the same end when inputs arrive twice, but for the counts of that', () => {
  fc.assert(
    fc.property(anyHistory, fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }), (history, which) => {
      const ledger = readAll(undisturbed(repeated(history, which)));
      assert.deepEqual(withoutRepeats(ledger), withoutRepeats(expectedLedger(history)));
    }),
    { numRuns },
  );
});

test('comes to the same end when tasks are given records again', () => {
  const processors = { meter: stuttering(REAL.meter), attribute: stuttering(REAL.attribute) };
  fc.assert(
    fc.property(anyHistory, script, (history, events) => {
      const pipeline = disturbed(history, events, false, processors);
      assert.deepEqual(readAll(pipeline), expectedLedger(history));
      assert.deepEqual(refusals(pipeline.cluster), refusals(undisturbed(history).cluster));
    }),
    { numRuns },
  );
});

for (const [violation, processors] of Object.entries(violations)) {
  test(`notices ${violation}`, () => {
    assert.ok(findsFailure(processors, readings), 'no run came to a wrong end');
  });
}

test('notices a subscriber that takes older documents for newer ones', () => {
  const unguarded = readings.map((reading) => ({ ...reading, guard: false }));
  assert.ok(findsFailure(REAL, unguarded), 'no run came to a wrong end');
});

function undisturbed(history: History): Pipeline {
  const pipeline = new Pipeline(history);
  pipeline.finish();
  return pipeline;
}

function disturbed(
  history: History,
  events: readonly Mishap[],
  leaks: boolean,
  processors: Processors = REAL,
): Pipeline {
  const pipeline = new Pipeline(history, processors);
  pipeline.cluster.leaks = leaks;
  for (const event of events) happen(pipeline, event);
  pipeline.finish();
  return pipeline;
}

function readAll({ cluster }: Pipeline): Ledger {
  return subscribe(cluster, PLAIN_READING);
}

/** Whether some disturbed run of other processors or readers comes to a wrong end. The same runs each time. */
function findsFailure(processors: Processors, ways: fc.Arbitrary<Reading>): boolean {
  const property = fc.property(anyHistory, script, ways, fc.boolean(), (history, events, reading, leaks) => {
    const { cluster } = disturbed(history, events, leaks, processors);
    assert.deepEqual(subscribe(cluster, reading), expectedLedger(history));
  });
  return fc.check(property, { seed: 1, numRuns: 1000, endOnFailure: true }).failed;
}
