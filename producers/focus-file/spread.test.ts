import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDay } from '../../schemas/day.ts';
import type { Amount } from '../../schemas/scalars.ts';
import { spreadOverDays } from './spread.ts';

const { PROPERTY_RUNS = '500' } = process.env;

const spread = (start: string, end: string, billed: bigint, effective = 0n): [string, bigint, bigint][] =>
  spreadOverDays(Date.parse(start), Date.parse(end), billed as Amount, effective as Amount).map((part) => [
    formatDay(part.day),
    part.billed,
    part.effective,
  ]);

test('a row within a day lies on it, up to the midnight that it excludes', () => {
  assert.deepEqual(spread('2024-09-18T22:00Z', '2024-09-18T23:00Z', 7n, 5n), [['2024-09-18', 7n, 5n]]);
  assert.deepEqual(spread('2024-09-18T00:00Z', '2024-09-19T00:00Z', 7n), [['2024-09-18', 7n, 0n]]);
  assert.deepEqual(spread('2024-09-18T00:00Z', '2024-09-18T00:00Z', 7n), [['2024-09-18', 7n, 0n]]);
});

test('a longer row goes to its days by the time in each', () => {
  assert.deepEqual(spread('2024-09-18T18:00Z', '2024-09-20T06:00Z', 100n, -10n), [
    // 6, 24 and 6 of 36 hours: 16 2/3, 66 2/3, 16 2/3, and the two units over go to the earlier of equal remainders.
    ['2024-09-18', 17n, -2n],
    ['2024-09-19', 67n, -7n],
    ['2024-09-20', 16n, -1n],
  ]);
});

test('a month has a part for each of its days', () => {
  const parts = spread('2024-09-01T00:00Z', '2024-10-01T00:00Z', 31n);
  assert.equal(parts.length, 30);
  assert.deepEqual(
    [parts[0], parts[1], parts[29]],
    [
      ['2024-09-01', 2n, 0n],
      ['2024-09-02', 1n, 0n],
      ['2024-09-30', 1n, 0n],
    ],
  );
});

test('the parts add up to the row, whatever its amounts and period', () => {
  const units = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
  const start = fc.integer({ min: 0, max: 4_000_000_000_000 });
  const length = fc.integer({ min: 0, max: 100 * 86_400_000 });
  fc.assert(
    fc.property(units, units, start, length, (billed, effective, from, ms) => {
      const parts = spreadOverDays(from, from + ms, billed as Amount, effective as Amount);
      assert.equal(
        parts.reduce((sum, part) => sum + part.billed, 0n),
        billed,
      );
      assert.equal(
        parts.reduce((sum, part) => sum + part.effective, 0n),
        effective,
      );
      for (const [index, part] of parts.entries()) assert.equal(part.day, (parts[0]?.day ?? 0) + index);
    }),
    { numRuns: Number(PROPERTY_RUNS) },
  );
});
