import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AttributionDocument } from '../../schemas/attribution-document.ts';
import { addDays, dayOf, formatDay } from '../../schemas/day.ts';
import type { DeadLetter } from '../../schemas/dead-letter.ts';
import type { Amount, Day } from '../../schemas/scalars.ts';
import { attributions, calls, deadLetters, type Topic, usage } from '../../schemas/topics.ts';
import { eventually, testStack } from '../integration/stack.ts';
import { catalogsAfter } from './catalogs.ts';
import { differences } from './differences.ts';
import { faultInput, type Piece } from './input.ts';
import { readOutcome } from './outcome.ts';
import { type PipelineRun, withRun } from './pipeline-run.ts';
import { presentValue, readValues } from './read-values.ts';
import { openWriters } from './writers.ts';

const stack = await testStack();
const input = faultInput({ seed: 11, nowMs: Date.now(), calls: 3_000, days: 14, callsPerPiece: 40 });

describe('what is held against the oracle', { timeout: 280_000 }, () => {
  test('is right where nothing was disturbed, and each violation is told', async () => {
    await withRun(stack, input, async (run) => {
      await Promise.all(run.start(['all']).map((role) => role.untilLive()));
      await run.sendUntil(1);
      const outcome = await run.outcome();
      const expected = await run.expected();
      assert.ok(expected.postgres.size > 300, 'documents and statements of two weeks');
      const refusers = new Set(expected.letters.map(({ processor }) => processor));
      assert.deepEqual(refusers, new Set(['meter', 'attribute', 'postgres-sink']));
      assert.deepEqual(differences(expected, outcome), []);
      await run.audit();
      await run.stop();

      // From here on nobody works: what comes is lost.
      const toldOfOutcome = async (): Promise<readonly string[]> =>
        differences(expected, await readOutcome(run.world, input.range));
      const toldOfInput = async (): Promise<readonly string[]> => differences(await run.expected(), outcome);
      const publisher = await run.world.publisher();

      const letter = await find(run, deadLetters, ({ processor }: DeadLetter) => processor === 'meter');
      await publisher.publish(deadLetters, [letter]);
      assert.deepEqual((await toldOfOutcome()).map(shape), ['as dead letters: stands 2 times']);

      const document = await find(run, attributions, ({ lines }: AttributionDocument) => lines.length > 0);
      await publisher.publish(attributions, [oneUnitLess(document)]);
      assert.ok((await toldOfOutcome()).some((difference) => difference.startsWith('for a subscriber: ["')));

      await run.world.pool.query(
        'DELETE FROM attribution_line WHERE (day, tenant, line) = (SELECT day, tenant, line FROM attribution_line LIMIT 1)',
      );
      assert.ok((await toldOfOutcome()).some((difference) => difference.startsWith('in Postgres: ["')));
      await assert.rejects(run.audit(), /a document = the sum of its lines/);

      const pieces = [...input.pieces()];
      const lost = pieces.at(-1)?.calls.find(({ startedAt }) => dayOf(startedAt) === input.range.to);
      assert.ok(lost !== undefined);
      await publisher.publish(calls, [{ ...lost, callId: 'lost' }]);
      await everywhere(toldOfInput, input.range.to);

      const [sample] = pieces[0]?.samples ?? [];
      assert.ok(sample !== undefined);
      await publisher.publish(usage, [{ ...sample, sampleId: 'lost' }]);
      await everywhere(toldOfInput, dayOf(sample.windowStart));

      await using writers = await openWriters(run.world);
      await writers.write({ ...NOTHING, damagedCalls: [lost], damagedSamples: [sample] });
      const missing = (await toldOfInput()).filter((difference) => difference.endsWith(' is missing'));
      for (const topic of [calls, usage]) {
        const letter = `as dead letters: meter ${topic.name}/`;
        assert.ok(
          missing.some((difference) => difference.startsWith(letter)),
          topic.name,
        );
      }

      const [catalog] = catalogsAfter(input.catalog);
      assert.ok(catalog !== undefined);
      await writers.write({ ...NOTHING, catalog });
      await everywhere(toldOfInput, addDays(input.range.to, -3));
    });
  });

  test('a process that ends by itself is told', async () => {
    await withRun(stack, input, async (run) => {
      const process = run.startWith({ ...run.env, APPORTION_OPEN_DAYS: '0' }, ['meter']);
      await eventually('it to end', () => process.deaths.length > 0, 120_000);
      await assert.rejects(run.dismiss(process), /meter ended with 1: .*APPORTION_OPEN_DAYS/);
    });
  });
});

const NOTHING: Piece = {
  catalog: null,
  ...{ calls: [], samples: [], reports: [] },
  ...{ damagedCalls: [], damagedSamples: [], damagedReports: [] },
  newer: false,
};

/** The day is told to be another than it should be, in both places. */
async function everywhere(told: () => Promise<readonly string[]>, day: Day): Promise<void> {
  const differing = await told();
  for (const where of ['in Postgres', 'for a subscriber']) {
    const begin = `${where}: ["${formatDay(day)}"`;
    assert.ok(
      differing.some((difference) => difference.startsWith(begin)),
      begin,
    );
  }
}

/** Without what differs from run to run. */
function shape(difference: string): string {
  return difference.replace(/: .* (stands \d+ times): .*$/, ': $1');
}

function oneUnitLess(document: AttributionDocument): AttributionDocument {
  const [first, ...rest] = document.lines;
  assert.ok(first !== undefined);
  const lines = [{ ...first, billed: (first.billed - 1n) as Amount }, ...rest];
  return { ...document, revision: document.revision + 1_000_000, lines };
}

/** The first value of the topic that fits. */
async function find<T>({ world }: PipelineRun, topic: Topic<T>, fits: (value: T) => boolean): Promise<T> {
  const found: T[] = [];
  await readValues(world, topic, (decoded) => {
    const value = presentValue(topic, decoded);
    if (found.length === 0 && fits(value)) found.push(value);
  });
  const [value] = found;
  assert.ok(value !== undefined);
  return value;
}
