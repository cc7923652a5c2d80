import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Amount, Day } from '../../schemas/scalars.ts';
import { toDays } from './to-days.ts';

const { PROPERTY_RUNS = '500' } = process.env;

const days = (before: number, ...told: [number, bigint][]): [number, bigint, number][] =>
  toDays(before as Day, told as unknown as [Day, Amount][]).map(({ day, cost, spreadDays }) => [day, cost, spreadDays]);

test('a day cost what was spent by its end and not by the end of the day before', () => {
  assert.deepEqual(days(0, [1, 5n], [2, 12n], [3, 12n]), [
    [1, 5n, 1],
    [2, 7n, 1],
    [3, 0n, 1],
  ]);
});

test('what was taken back is a cost below zero', () => {
  assert.deepEqual(days(0, [1, 5n], [2, 2n]), [
    [1, 5n, 1],
    [2, -3n, 1],
  ]);
});

test('what days cost that nobody told of is spread over them, what is left over to the earlier ones', () => {
  assert.deepEqual(days(10, [12, 5n], [15, -3n]), [
    [11, 3n, 2],
    [12, 2n, 2],
    [13, -3n, 3],
    [14, -3n, 3],
    [15, -2n, 3],
  ]);
});

test('the days add up to the last value, whatever is missing, restated or taken back', () => {
  const spent = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n });
  const series = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 31 }), spent), { selector: ([day]) => day });
  fc.assert(
    fc.property(series, (values) => {
      const told = values.toSorted(([a], [b]) => a - b);
      const parts = days(0, ...told);
      for (const [day, value] of told) {
        const sum = parts.filter(([each]) => each <= day).reduce((total, [, cost]) => total + cost, 0n);
        assert.equal(sum, value);
      }
      assert.deepEqual(
        parts.map(([day]) => day),
        Array.from({ length: told.at(-1)?.[0] ?? 0 }, (_, index) => index + 1),
      );
    }),
    { numRuns: Number(PROPERTY_RUNS) },
  );
});
