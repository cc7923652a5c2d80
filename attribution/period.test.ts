import assert from 'node:assert/strict';
import { it } from 'node:test';
import { addDays } from '../schemas/day.ts';
import { includes, rangeOf, spanOf } from './period.ts';
import { D } from './testing/build.ts';

const before = addDays(D, -1);
const after = addDays(D, 1);

it('a range includes its first day and not its last', () => {
  const includesAt = (from: typeof D | null, to: typeof D | null): boolean => includes({ from, to }, D);
  assert.deepEqual([includesAt(D, after), includesAt(before, D), includesAt(after, null)], [true, false, false]);
  assert.deepEqual([includesAt(null, after), includesAt(before, null), includesAt(null, null)], [true, true, true]);
});

it('an open end includes every day, those before 1970 too', () => {
  const early = addDays(D, -40_000);
  assert.ok(early < 0);
  assert.ok(includes({ from: null, to: null }, early));
  assert.ok(includes({ from: null, to: D }, early));
});

it('a span is a range again', () => {
  const dates = { from: '2026-11-20', to: '2026-11-21' };
  assert.deepEqual(rangeOf(spanOf(dates)), { from: D, to: after });
  assert.deepEqual(rangeOf(spanOf({})), { from: null, to: null });
});
