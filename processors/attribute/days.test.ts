import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileCatalog } from '../../attribution/compile-catalog.ts';
import { parseCatalog } from '../../attribution/parse-catalog.ts';
import { Days } from './days.ts';
import { emittedUnknown } from './emitted.ts';
import { codec, day } from './testing/task-on-logs.ts';

const LIMITS = { openDayIntervalMs: 0, openDayLinesPerSecond: 1 };

test('keeps no more digests than it may, of those that it can compute again', () => {
  const days = new Days(codec, LIMITS, 6);
  const states = ['2026-03-07', '2026-03-08', '2026-03-09'].map((text) => days.add(day(text)));
  for (const state of states) {
    // Two documents and a statement.
    state.out(emittedUnknown(['a', 'b'], ['USD']));
    days.out(state);
  }
  const [oldest, second, newest] = states;
  // What readers hold of a day cannot be computed any more once its inputs have changed.
  oldest?.dirty('cost-reports.v1', 0);
  days.forgetDigests(anyCatalog());
  assert.deepEqual([oldest?.held?.as, second?.held?.as, newest?.held?.as], ['digests', 'inputs', 'digests']);
});

test('forgets days that are over, but none that is not out', () => {
  const days = new Days(codec, LIMITS);
  days.add(day('2026-03-07')).dirty('cost-reports.v1', 5);
  days.add(day('2026-03-08'));
  days.add(day('2026-03-09'));
  days.forgetBefore(day('2026-03-09'));
  assert.deepEqual(
    [...days.all()].map((state) => state.day),
    [day('2026-03-07'), day('2026-03-09')],
  );
  assert.equal(days.firstDirtiedBy('cost-reports.v1'), 5);
});

function anyCatalog() {
  const parsed = parseCatalog({ version: 1, currency: 'USD' });
  assert.ok(parsed.ok);
  return compileCatalog(parsed.catalog);
}
