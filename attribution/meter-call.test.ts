import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY_MS, dayOf, parseDay } from '../schemas/day.ts';
import { lastDayOf, splitCall } from './meter-call.ts';

const { PROPERTY_RUNS = '500' } = process.env;
const at = Date.parse;

const textOf = (start: string, end: string): string[] =>
  splitCall(at(start), at(end)).map(
    ({ day, ms, count }) => `${new Date(day * DAY_MS).toISOString().slice(0, 10)} ${ms} ${count}`,
  );

test('a call within a day gives that day all its milliseconds', () => {
  assert.deepEqual(textOf('2026-05-09T10:00:00Z', '2026-05-09T10:01:00.001Z'), ['2026-05-09 60001 1']);
});

test('a call over midnight counts on the day it began, and gives each day its milliseconds', () => {
  assert.deepEqual(textOf('2026-05-09T23:59:59.999Z', '2026-05-10T00:00:02Z'), ['2026-05-09 1 1', '2026-05-10 2000 0']);
  assert.deepEqual(textOf('2026-05-08T12:00:00Z', '2026-05-10T06:00:00Z'), [
    '2026-05-08 43200000 1',
    '2026-05-09 86400000 0',
    '2026-05-10 21600000 0',
  ]);
});

test('a call that ends at midnight does not reach the next day', () => {
  assert.deepEqual(textOf('2026-05-09T23:00:00Z', '2026-05-10T00:00:00Z'), ['2026-05-09 3600000 1']);
});

test('a call without length counts on its day, at midnight on the day that begins', () => {
  assert.deepEqual(textOf('2026-05-09T12:00:00Z', '2026-05-09T12:00:00Z'), ['2026-05-09 0 1']);
  assert.deepEqual(textOf('2026-05-10T00:00:00Z', '2026-05-10T00:00:00Z'), ['2026-05-10 0 1']);
});

test('days before 1970 are days like others', () => {
  assert.deepEqual(textOf('1969-12-31T23:59:59Z', '1970-01-01T00:00:01Z'), ['1969-12-31 1000 1', '1970-01-01 1000 0']);
  assert.equal(lastDayOf(-1, 0), parseDay('1969-12-31'));
});

test('the parts of a call add up to its duration and its one count, on consecutive days', () => {
  const instant = fc.integer({ min: -3 * DAY_MS, max: 3 * DAY_MS });
  const length = fc.oneof(fc.constantFrom(0, 1, DAY_MS), fc.integer({ min: 0, max: 5 * DAY_MS }));
  fc.assert(
    fc.property(instant, length, (start, ms) => {
      const parts = splitCall(start, start + ms);
      assert.equal(
        parts.reduce((sum, part) => sum + part.ms, 0),
        ms,
      );
      assert.deepEqual(
        parts.map(({ count }) => count),
        parts.map((_, i) => (i === 0 ? 1 : 0)),
      );
      assert.deepEqual(
        parts.map(({ day }) => day),
        parts.map((_, i) => dayOf(start) + i),
      );
      assert.equal(parts.at(-1)?.day, lastDayOf(start, start + ms));
      if (ms > 0) assert.ok(parts.every((part) => part.ms > 0 && part.ms <= DAY_MS));
    }),
    { numRuns: Number(PROPERTY_RUNS) },
  );
});
