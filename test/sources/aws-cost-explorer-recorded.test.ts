/** The poller with what a server has answered to it: test/real-servers/aws-cost-explorer.real.ts. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { refusal } from '../real-servers/fault.ts';
import { describeReports, threeDays, threeDaysReported } from '../real-servers/moto-cost-explorer.ts';
import { Replay } from '../real-servers/replay.ts';
import { useAwsCredentials } from './aws-credentials.ts';
import { Polled } from './polled.ts';

useAwsCredentials();

test('two pages, with a day in both, become a report for each day', async (t) => {
  const { replay, polled } = await opened(t);
  await polled.poll({ days: threeDays });
  assert.deepEqual(describeReports(polled.reports), threeDaysReported);
  assert.deepEqual(replay.unasked, []);
});

test('throttling between two pages is waited for, and each attempt is counted', async (t) => {
  const { replay, polled } = await opened(t);
  // With status 400: https://github.com/aws/aws-sdk-java/issues/1662
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': 'LimitExceededException' };
  const body = { __type: 'LimitExceededException', Message: 'Rate exceeded' };
  replay.inject({ body: /NextPageToken/, times: 2, fault: refusal(400, headers, body) });
  await polled.poll({ days: threeDays });
  assert.deepEqual(describeReports(polled.reports), threeDaysReported);
  assert.equal(polled.status.requests, 4);
});

test('a page that is cut is asked for again, and nothing counts twice', async (t) => {
  const { replay, polled } = await opened(t);
  replay.inject({ body: /NextPageToken/, times: 1, fault: { kind: 'cut', afterBytes: 300 } });
  await polled.poll({ days: threeDays });
  assert.deepEqual(describeReports(polled.reports), threeDaysReported);
});

test('a gateway that answers with a page of HTML is asked again', async (t) => {
  const { replay, polled } = await opened(t);
  const answer = { status: 502, headers: { 'content-type': 'text/html' }, body: Buffer.from('<html>no</html>') };
  replay.inject({ times: 1, fault: { kind: 'answer', answer } });
  await polled.poll({ days: threeDays });
  assert.deepEqual(describeReports(polled.reports), threeDaysReported);
});

async function opened(t: TestContext) {
  const replay = await Replay.start(t, 'aws-cost-explorer/three-days');
  const settings = { account: '123456789012', endpoint: replay.url };
  const clock = { nowMs: Date.parse('2026-03-10T06:00:00Z') };
  return { replay, polled: new Polled({ name: 'aws-cost-explorer', settings, clock }) };
}
