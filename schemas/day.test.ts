import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addDays, dayOf, formatDay, parseDay, startOf } from './day.ts';

test('a day reads back as it was written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2_932_896 }), (number) => {
      const day = dayOf(number * 86_400_000);
      assert.equal(parseDay(formatDay(day)), day);
    }),
  );
});

test('a text that is no day of the calendar is refused', () => {
  for (const text of ['', '2026-13-01', '2026-02-29', '2026-1-1', '20260101', '2026-01-01T00:00:00Z', ' 2026-01-01']) {
    assert.equal(parseDay(text), null, text);
  }
  assert.notEqual(parseDay('2024-02-29'), null);
});

test('a day is half-open: its first millisecond is in it, its end is not', () => {
  const day = dayOf(Date.parse('2026-11-03T12:00:00Z'));
  assert.equal(dayOf(startOf(day)), day);
  assert.equal(dayOf(startOf(addDays(day, 1)) - 1), day);
  assert.equal(dayOf(startOf(addDays(day, 1))), addDays(day, 1));
});
