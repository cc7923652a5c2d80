import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDay, parseDay } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';
import { Polled } from '../test/sources/polled.ts';

const bills = new URL('../local/demo/real/data/focus-sample.csv', import.meta.url).pathname;
const clock = { nowMs: Date.parse('2026-03-10T06:00:00Z') };

test('a poll publishes the days that are wanted, and says how many reports that are', async () => {
  const polled = new Polled({ name: 'focus-file', settings: { paths: [bills] }, clock });
  const day = parseDay('2024-09-18') as Day;
  const outcome = await polled.poll({ days: { from: day, to: day } });
  assert.ok(polled.reports.length > 0);
  assert.deepEqual([...new Set(polled.reports.map((report) => formatDay(report.day)))], ['2024-09-18']);
  assert.equal(outcome.summary, `${polled.reports.length} reports sent, 0 days unchanged, 1000 rows of 1 files`);
  assert.equal(outcome.faultCount, 0);
});

test('several pollers of a kind are told apart by a word', async () => {
  const polled = new Polled({ name: 'focus-file:emea', settings: { paths: [bills], source: 'emea' }, clock });
  await polled.poll();
  assert.equal(polled.status.poller, 'focus-file:emea');
});

test('wrong settings of a poller are told all at once, with their paths', () => {
  assert.throws(() => new Polled({ name: 'focus-file', settings: { path: 'bills', maxSums: 0 }, clock }), {
    code: 'bad_settings',
    message: /pollers\.focus-file\.paths[\s\S]*pollers\.focus-file\.maxSums[\s\S]*"path"/,
  });
});

test('a poller that there is not is named, with those that there are', () => {
  assert.throws(() => new Polled({ name: 'gcp', settings: {}, clock }), {
    code: 'unknown_poller',
    advice: /focus-file/,
  });
});
