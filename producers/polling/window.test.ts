import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDay } from '../../schemas/day.ts';
import type { LookBack } from '../poller.ts';
import { windowOf } from './window.ts';

const now = Date.parse('2026-03-10T06:00:00Z');
const daily: LookBack = { usual: { days: 3 }, full: { days: 31, everyDays: 7 }, reachDays: 365 };
const monthly: LookBack = { usual: 'previous-month', reachDays: 400 };

function shown(lookBack: LookBack, readAt: string | null, fullDueAt = '2027-01-01T00:00:00Z'): string {
  const read = readAt === null ? null : Date.parse(readAt);
  const fullDue = readAt === null ? null : Date.parse(fullDueAt);
  const { from, to } = windowOf(lookBack, { readAt: read, fullDueAt: fullDue }, now);
  return `${formatDay(from)} ${formatDay(to)}`;
}

test('a run looks back as far as its source may still change something', () => {
  assert.equal(shown(daily, '2026-03-10T05:00:00Z'), '2026-03-07 2026-03-10');
  assert.equal(shown(monthly, '2026-03-10T05:00:00Z'), '2026-02-01 2026-03-10');
});

test('after an outage it looks back from the last time that all was read', () => {
  assert.equal(shown(daily, '2026-02-20T05:00:00Z'), '2026-02-17 2026-03-10');
  assert.equal(shown(monthly, '2025-12-24T05:00:00Z'), '2025-11-01 2026-03-10');
});

test('the first run, and one when a full look is due, look at all that a full look is', () => {
  assert.equal(shown(daily, null), '2026-02-07 2026-03-10');
  assert.equal(shown(daily, '2026-03-10T05:00:00Z', '2026-03-10T06:00:00Z'), '2026-02-07 2026-03-10');
  assert.equal(shown(daily, '2026-03-10T05:00:00Z', '2026-03-10T06:00:01Z'), '2026-03-07 2026-03-10');
});

test('no run asks for more than the source can tell, nor for days to come', () => {
  assert.equal(shown({ usual: { days: 3 }, reachDays: 10 }, '2025-01-01T00:00:00Z'), '2026-02-28 2026-03-10');
  assert.equal(shown(daily, '2027-01-01T00:00:00Z'), '2026-03-07 2026-03-10');
});

test('the month before January is in the year before', () => {
  const january = Date.parse('2026-01-01T00:00:00Z');
  assert.equal(formatDay(windowOf(monthly, { readAt: january, fullDueAt: null }, january).from), '2025-12-01');
});
