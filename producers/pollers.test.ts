import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Publisher } from '../runtime/publisher.ts';
import type { CostReport } from '../schemas/cost-report.ts';
import { formatDay, parseDay } from '../schemas/day.ts';
import { makePoller } from './pollers.ts';

const bills = new URL('../local/demo/real/data/focus-sample.csv', import.meta.url).pathname;

function recorder(): { publisher: Publisher; reports: CostReport[] } {
  const reports: CostReport[] = [];
  const publish = async (_topic: unknown, values: readonly unknown[]): Promise<void> => {
    reports.push(...(values as CostReport[]));
  };
  return { publisher: { publish, close: async () => {} }, reports };
}

test('a poll publishes the days that are wanted, and says how many reports that are', async () => {
  const { publisher, reports } = recorder();
  const wanted = parseDay('2024-09-18');
  const poller = makePoller('focus-file', { paths: [bills] });
  const outcome = await poller.poll(publisher, (day) => day === wanted);
  assert.ok(reports.length > 0);
  assert.deepEqual([...new Set(reports.map((report) => formatDay(report.day)))], ['2024-09-18']);
  assert.equal(outcome.summary, `${reports.length} reports of 1000 rows in 1 files`);
  assert.equal(outcome.faultCount, 0);
});

test('wrong settings of a poller are told all at once, with their paths', () => {
  assert.throws(() => makePoller('focus-file', { path: 'bills', maxSums: 0 }), {
    code: 'bad_settings',
    message: /pollers\.focus-file\.paths[\s\S]*pollers\.focus-file\.maxSums[\s\S]*"path"/,
  });
});

test('a poller that there is not is named, with those that there are', () => {
  assert.throws(() => makePoller('gcp', {}), { code: 'unknown_poller', advice: /focus-file/ });
});
