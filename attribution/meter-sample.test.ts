import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY_MS, formatDay } from '../schemas/day.ts';
import { MAX_SAMPLE_QUANTITY } from '../schemas/usage-sample.ts';
import { splitCall } from './meter-call.ts';
import { splitSample } from './meter-sample.ts';

const { PROPERTY_RUNS = '500' } = process.env;

const textOf = (start: string, end: string, quantity: number): string[] =>
  splitSample(Date.parse(start), Date.parse(end), quantity).map((part) => `${formatDay(part.day)} ${part.quantity}`);

test('a window within a day gives it the whole quantity', () => {
  assert.deepEqual(textOf('2026-05-09T10:00:00Z', '2026-05-09T11:00:00Z', 7), ['2026-05-09 7']);
  assert.deepEqual(textOf('2026-05-09T10:00:00Z', '2026-05-10T00:00:00Z', 7), ['2026-05-09 7']);
});

test('a window without length gives its day the whole quantity', () => {
  assert.deepEqual(textOf('2026-05-10T00:00:00Z', '2026-05-10T00:00:00Z', 7), ['2026-05-10 7']);
});

test('a window over midnight is split in proportion to time, the odd unit to the larger remainder', () => {
  assert.deepEqual(textOf('2026-05-09T21:00:00Z', '2026-05-10T01:00:00Z', 8), ['2026-05-09 6', '2026-05-10 2']);
  assert.deepEqual(textOf('2026-05-09T23:00:00Z', '2026-05-10T02:00:00Z', 1), ['2026-05-09 0', '2026-05-10 1']);
});

test('an odd unit between equal remainders goes to the earlier day', () => {
  assert.deepEqual(textOf('2026-05-09T23:00:00Z', '2026-05-10T01:00:00Z', 3), ['2026-05-09 2', '2026-05-10 1']);
});

test('days reached with nothing are listed with 0', () => {
  assert.deepEqual(textOf('2026-05-09T23:00:00Z', '2026-05-10T01:00:00Z', 0), ['2026-05-09 0', '2026-05-10 0']);
});

test('the largest quantity is split to the unit', () => {
  const parts = splitSample(0, 3 * DAY_MS, MAX_SAMPLE_QUANTITY);
  assert.deepEqual(
    parts.map(({ quantity }) => quantity),
    [1501199875790166, 1501199875790165, 1501199875790165],
  );
});

test('the parts of a sample add up to its quantity, on the days that its window touches', () => {
  const instant = fc.integer({ min: -3 * DAY_MS, max: 3 * DAY_MS });
  const length = fc.integer({ min: 0, max: 31 * DAY_MS });
  fc.assert(
    fc.property(instant, length, fc.integer({ min: 0, max: MAX_SAMPLE_QUANTITY }), (start, ms, quantity) => {
      const parts = splitSample(start, start + ms, quantity);
      assert.equal(
        parts.reduce((sum, part) => sum + BigInt(part.quantity), 0n),
        BigInt(quantity),
      );
      const days = splitCall(start, start + ms);
      assert.deepEqual(
        parts.map(({ day }) => day),
        days.map(({ day }) => day),
      );
      for (const [i, part] of parts.entries()) {
        const exact = ms === 0 ? quantity : (quantity * (days[i]?.ms ?? 0)) / ms;
        assert.ok(Math.abs(part.quantity - exact) <= 1 + exact * 1e-12, `${part.quantity} is not near ${exact}`);
      }
    }),
    { numRuns: Number(PROPERTY_RUNS) },
  );
});
