import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addDays } from '../../../schemas/day.ts';
import { attributions, costReports, usageTotals } from '../../../schemas/topics.ts';
import { day, document, report, total } from './records.ts';
import { freshSink } from './sink-world.ts';

const sink = await freshSink();

test('months get their partitions when their first day comes, old months and leap days too', async () => {
  const days = ['2000-01-01', '2024-02-29', '2026-12-31', '2027-01-01', '2199-12-31'].map(day);
  await sink.write(
    attributions,
    days.map((one) => document({ tenant: 'months', day: one })),
  );
  const rows = await sink.rows(
    `SELECT day::text, tableoid::regclass::text AS partition FROM attribution WHERE tenant = 'months' ORDER BY day`,
  );
  assert.deepEqual(rows, [
    { day: '2000-01-01', partition: 'attribution_2000_01' },
    { day: '2024-02-29', partition: 'attribution_2024_02' },
    { day: '2026-12-31', partition: 'attribution_2026_12' },
    { day: '2027-01-01', partition: 'attribution_2027_01' },
    { day: '2199-12-31', partition: 'attribution_2199_12' },
  ]);
});

test('many sinks that need the same new months at once all get them, without a deadlock', async () => {
  const owners = await Promise.all(
    [20, 21, 22, 23].flatMap((partition) => [
      sink.own(attributions, partition),
      sink.own(costReports, partition),
      sink.own(usageTotals, partition),
    ]),
  );
  for (const partition of [20, 21, 22, 23]) {
    const days = Array.from({ length: 12 }, (_, month) => addDays(day('2025-01-15'), month * 30));
    const inSomeOrder = partition % 2 === 0 ? days : days.toReversed();
    const tenant = `crowd-${partition}`;
    sink.append(
      attributions,
      inSomeOrder.map((one) => document({ tenant, day: one })),
      { partition },
    );
    sink.append(
      costReports,
      inSomeOrder.map((one) => report({ account: tenant, day: one })),
      { partition },
    );
    sink.append(
      usageTotals,
      inSomeOrder.map((one) => total({ tenant, day: one })),
      { partition },
    );
  }
  await Promise.all(owners.map((owner) => owner.commit()));
  const [counts] = await sink.rows(
    `SELECT (SELECT count(*)::int FROM attribution WHERE tenant LIKE 'crowd-%') AS documents,
       (SELECT count(*)::int FROM cost_report WHERE account LIKE 'crowd-%') AS reports,
       (SELECT count(*)::int FROM usage_total WHERE tenant LIKE 'crowd-%') AS totals`,
  );
  assert.deepEqual(counts, { documents: 48, reports: 48, totals: 48 });
});

test('a question about one tenant and month looks into one partition, by an index', async () => {
  const { rows } = await sink.pool.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN SELECT * FROM attribution_line WHERE tenant = 'months' AND day BETWEEN '2024-02-01' AND '2024-02-29'`,
  );
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  assert.match(plan, /attribution_line_2024_02/);
  assert.doesNotMatch(plan, /attribution_line_20(?!24_02)/);
});
