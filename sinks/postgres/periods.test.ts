import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDay, parseDay } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import { monthOf, weekOf } from './periods.ts';

const day = (text: string): Day => parseDay(text) ?? assert.fail(text);

test('a week begins on its Monday, over the ends of months and years and before 1970', () => {
  const weeks = {
    '2026-11-23': '2026-11-23',
    '2026-11-29': '2026-11-23',
    '2027-01-03': '2026-12-28',
    '1969-12-31': '1969-12-29',
  };
  for (const [of, monday] of Object.entries(weeks)) assert.equal(formatDay(weekOf(day(of))), monday, of);
});

test('a month begins on its first', () => {
  const months = {
    '2026-11-01': '2026-11-01',
    '2024-02-29': '2024-02-01',
    '2026-12-31': '2026-12-01',
    '1969-12-31': '1969-12-01',
  };
  for (const [of, first] of Object.entries(months)) assert.equal(formatDay(monthOf(day(of))), first, of);
});
