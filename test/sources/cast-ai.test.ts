import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addDays, DAY_MS, dayOf } from '../../schemas/day.ts';
import { CastAi, CLUSTER, castAiSource } from './models/cast-ai.ts';
import { Polled } from './polled.ts';
import { keepsPollerPromises } from './poller-promises.ts';
import { standingReports } from './standing.ts';
import { Upstream, type UpstreamRequest } from './upstream.ts';

keepsPollerPromises(castAiSource);

const { nowMs: NOW } = castAiSource;

async function opened(settings: Record<string, unknown> = {}) {
  const clock = { nowMs: NOW };
  const model = new CastAi(clock);
  const upstream = await Upstream.start(
    (request) => model.answer(request),
    () => clock.nowMs,
  );
  const polled = new Polled({
    name: 'cast-ai',
    settings: { ...castAiSource.settings(upstream.url), ...settings },
    clock,
  });
  return { clock, model, upstream, polled };
}

test('a month of a cluster takes a request a day beside its pages, once and when it has settled, then weekly', async () => {
  const { clock, upstream, polled } = await opened();
  await using _closing = upstream;
  const counts: number[] = [];
  for (let day = 0; day < 10; day++) {
    const before = upstream.requests.length;
    await polled.poll();
    const asked = upstream.requests.slice(before);
    counts.push(asked.filter(({ path, query }) => path.includes('summaries') && !query.get('page.cursor')).length);
    clock.nowMs += DAY_MS;
  }
  assert.deepEqual(counts, [31, 31, 5, 5, 5, 5, 5, 5, 31, 5], 'today, and from three days before the last poll on');
});

test('a day is final when it is three days old and has not changed since', async () => {
  const { clock, polled, upstream } = await opened();
  await using _closing = upstream;
  const standing = (age: number): string | undefined =>
    polled.reports.findLast(({ day }) => day === addDays(dayOf(clock.nowMs), -age))?.status;
  await polled.poll();
  assert.equal(standing(20), 'estimated', 'nobody knows yet whether it changes');
  clock.nowMs += DAY_MS;
  await polled.poll();
  assert.deepEqual([standing(20), standing(3), standing(2), standing(0)], ['final', 'final', 'estimated', 'estimated']);
});

test('namespaces that do not add up to their cluster are told of', async () => {
  const { upstream, polled } = await opened();
  await using _closing = upstream;
  const daily = (factor: number) =>
    JSON.stringify({
      items: [
        {
          clusterId: CLUSTER,
          intervals: [{ timestamp: '2026-03-09T00:00:00Z', costOnDemandPerHour: String(factor), costSpotPerHour: '0' }],
        },
      ],
    });
  upstream.disturb = ({ path }) => (path.endsWith('daily-cost') ? { kind: 'body', body: daily(0.5) } : null);
  await polled.poll();
  assert.match(
    polled.status.warnings.join('\n'),
    /prod-eu-1 on 2026-03-09: the namespaces add up to 240\.\d+ USD and the cluster to 12, a difference of 228/,
  );
  assert.equal(polled.status.state, 'ok');
});

test('an empty answer changes nothing unless it is accepted', async () => {
  const empty = { kind: 'body', body: '{"items":[],"nextCursor":"","count":"0"}' } as const;
  const isYesterday = ({ path, query }: UpstreamRequest): boolean =>
    path.endsWith('summaries') && query.get('startTime')?.startsWith('2026-03-09') === true;
  for (const acceptEmpty of [false, true]) {
    const { upstream, polled } = await opened({ acceptEmpty });
    await using _closing = upstream;
    await polled.poll();
    const before = standingReports(polled.reports);
    upstream.disturb = (request) => (isYesterday(request) ? empty : null);
    await polled.poll();
    const after = standingReports(polled.reports);
    assert.equal(polled.status.state, acceptEmpty ? 'ok' : 'missing_data');
    assert.equal(before.size - after.size, acceptEmpty ? 1 : 0);
  }
});

test('where CAST AI says that it has no data, the day is left as it is', async () => {
  const { upstream, polled } = await opened({ acceptEmpty: true });
  await using _closing = upstream;
  await polled.poll();
  const before = standingReports(polled.reports);
  upstream.disturb = ({ path }) =>
    path.endsWith('summaries') ? { kind: 'body', body: '{"items":[],"noDataReason":"AGENT_DISCONNECTED"}' } : null;
  await polled.poll();
  assert.deepEqual(standingReports(polled.reports), before);
  assert.equal(polled.status.state, 'missing_data');
});

test('idle capacity is a line of its own where that is asked for', async () => {
  const { upstream, polled } = await opened({ idle: 'separate' });
  await using _closing = upstream;
  const totals = { timestamp: '2026-03-09T00:00:00Z', costOnDemandPerHour: '20', costSpotPerHour: '0.5' };
  upstream.disturb = ({ path, query }) => {
    if (path.endsWith('daily-cost')) {
      return { kind: 'body', body: JSON.stringify({ items: [{ clusterId: CLUSTER, intervals: [totals] }] }) };
    }
    const body = JSON.stringify({ items: [{ namespace: 'asr', summary: { totalCost: '480.000000000001' } }] });
    return query.get('includeIdleResourceCosts') === 'false' ? { kind: 'body', body } : null;
  };
  const day = dayOf(Date.parse('2026-03-09'));
  await polled.poll({ days: { from: day, to: day } });
  const lines = polled.reports[0]?.lines.map(({ service, namespace, billed }) => [service, namespace, billed]);
  assert.deepEqual(lines, [
    ['idle', '', 11_999_999_999_999n],
    ['workloads', 'asr', 480_000_000_000_001n],
  ]);
});
