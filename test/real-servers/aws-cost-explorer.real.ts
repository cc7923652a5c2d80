/** The poller against moto, which plays AWS. The recording is what `npm test` replays. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { useAwsCredentials } from '../sources/aws-credentials.ts';
import { Polled } from '../sources/polled.ts';
import { realMoto } from './environment.ts';
import { keepRecording } from './keep-recording.ts';
import { emptyMoto } from './moto.ts';
import {
  type CostPage,
  describeReports,
  presetCostExplorer,
  threeDays,
  threeDaysOfCosts,
  threeDaysReported,
} from './moto-cost-explorer.ts';
import { Recorder } from './recorder.ts';

const moto = realMoto();

useAwsCredentials();

test('two pages, with a day in both, become a report for each day', async (t) => {
  const { recorder, polled } = await opened(t, threeDaysOfCosts);
  const outcome = await polled.poll({ days: threeDays });
  assert.equal(outcome.summary, '3 reports sent, 0 days unchanged, 2 requests');
  assert.deepEqual(describeReports(polled.reports), threeDaysReported);
  await keepRecording(recorder, 'aws-cost-explorer/three-days');
});

test('an answer without any day is no day without cost', async (t) => {
  const { polled } = await opened(t, []);
  const { faults } = await polled.poll();
  assert.match(faults.join(), /says nothing of 2026-02-01 to 2026-03-10/);
  assert.deepEqual([polled.reports.length, polled.status.state], [0, 'missing_data']);
});

async function opened(t: TestContext, pages: readonly CostPage[]) {
  await emptyMoto(moto);
  await presetCostExplorer(moto, pages);
  const recorder = await Recorder.before({ url: moto });
  t.after(() => recorder.close());
  const settings = { account: '123456789012', endpoint: recorder.url };
  const clock = { nowMs: Date.parse('2026-03-10T06:00:00Z') };
  return { recorder, polled: new Polled({ name: 'aws-cost-explorer', settings, clock }) };
}
