/** The poller against moto, a server of its own that plays AWS. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDay } from '../../schemas/day.ts';
import { useAwsCredentials } from '../sources/aws-credentials.ts';
import { Polled } from '../sources/polled.ts';
import { realMoto } from './environment.ts';

const moto = realMoto();

useAwsCredentials();

const PAYER = '123456789012';
const EC2 = 'Amazon Elastic Compute Cloud - Compute';
const clock = { nowMs: Date.parse('2026-03-10T06:00:00Z') };

const opened = () => new Polled({ name: 'aws-cost-explorer', settings: { account: PAYER, endpoint: moto }, clock });

test('two pages, with a day in both, become a report for each day', async () => {
  await preset(
    {
      NextPageToken: 'two',
      ResultsByTime: [
        bucket('2026-03-01', '2026-03-02', false, [group(EC2, 'Usage', '184.3199999999', '121.6800000001')]),
        bucket('2026-03-02', '2026-03-03', true, [group(EC2, 'Usage', '190.08', '125.952')]),
      ],
    },
    { ResultsByTime: [bucket('2026-03-02', '2026-03-03', true, [group(EC2, 'Credit', '-50', '-50')])] },
  );
  const polled = opened();
  const outcome = await polled.poll();
  assert.equal(outcome.summary, '2 reports sent, 0 days unchanged, 2 requests');
  assert.deepEqual(
    polled.reports.map(({ day, status, currency, lines }) => [
      formatDay(day),
      status,
      currency,
      lines.map(({ service, category, billed, effective }) => [service, category, billed, effective]),
    ]),
    [
      ['2026-03-01', 'final', 'USD', [[EC2, 'Usage', 184_319_999_999_900n, 121_680_000_000_100n]]],
      [
        '2026-03-02',
        'estimated',
        'USD',
        [
          [EC2, 'Credit', -50_000_000_000_000n, -50_000_000_000_000n],
          [EC2, 'Usage', 190_080_000_000_000n, 125_952_000_000_000n],
        ],
      ],
    ],
  );
  // moto gives the same answer to the same question for ever.
  await polled.poll();
  assert.deepEqual([polled.reports.length, polled.status.state, polled.status.requestsLeft], [2, 'ok', 20]);
});

test('an answer without any day is no day without cost', async () => {
  await preset();
  const polled = opened();
  const { faults } = await polled.poll();
  assert.match(faults.join(), /says nothing of 2026-02-01 to 2026-03-10/);
  assert.deepEqual([polled.reports.length, polled.status.state], [0, 'missing_data']);
});

/** What moto answers, a page for each new question: http://docs.getmoto.org/en/latest/docs/services/ce.html */
async function preset(...results: readonly object[]): Promise<void> {
  await fetch(`${moto}/moto-api/reset`, { method: 'POST' });
  const response = await fetch(`${moto}/moto-api/static/ce/cost-and-usage-results`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ results }),
  });
  assert.equal(response.status, 201);
}

function bucket(Start: string, End: string, Estimated: boolean, Groups: readonly object[]) {
  return { TimePeriod: { Start, End }, Total: {}, Groups, Estimated };
}

function group(service: string, recordType: string, unblended: string, netAmortized: string) {
  const metric = (Amount: string) => ({ Amount, Unit: 'USD' });
  return {
    Keys: [service, recordType],
    Metrics: { UnblendedCost: metric(unblended), NetAmortizedCost: metric(netAmortized) },
  };
}
