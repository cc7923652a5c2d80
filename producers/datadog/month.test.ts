import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDay, parseDay } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import { type Month, monthBefore, monthOf } from './month.ts';

const shown = ({ text, first, last }: Month): string => `${text} ${formatDay(first)} ${formatDay(last)}`;

test('a month goes from its first to its last day, and the one before may be of another year', () => {
  for (const [day, month, before] of [
    ['2026-01-31', '2026-01 2026-01-01 2026-01-31', '2025-12 2025-12-01 2025-12-31'],
    ['2028-03-01', '2028-03 2028-03-01 2028-03-31', '2028-02 2028-02-01 2028-02-29'],
    ['2026-12-15', '2026-12 2026-12-01 2026-12-31', '2026-11 2026-11-01 2026-11-30'],
  ] as const) {
    const own = monthOf(parseDay(day) as Day);
    assert.deepEqual([shown(own), shown(monthBefore(own))], [month, before]);
  }
});
