import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAmount } from '../../attribution/amount.ts';
import { addDays, DAY_MS, dayOf, formatDay, startOf } from '../../schemas/day.ts';
import type { Amount, Day } from '../../schemas/scalars.ts';
import { Polled, SOURCE_KEY } from './polled.ts';
import { keepsPollerPromises, type SourceModel, type SourceUnderTest } from './poller-promises.ts';
import { chargeText, standingReports } from './standing.ts';
import { json, Upstream, type UpstreamAnswer, type UpstreamRequest } from './upstream.ts';

const CLUSTER = '0fd1c0de-0000-4000-8000-000000000001';
const NOW = Date.parse('2026-03-10T06:00:00Z');
const PAGE = 2;

/** CAST AI with one cluster, whose namespaces cost something every day since the first. */
class CastAi implements SourceModel {
  paging: NonNullable<SourceModel['paging']> = 'normal';
  readonly #clock: { nowMs: number };
  /** What is different from the rule, by day and namespace; null: the line is not there. */
  readonly #changes = new Map<string, string | null>();

  /** Of the first poll. */
  #first: Day | null = null;

  constructor(clock: { nowMs: number }) {
    this.#clock = clock;
  }

  goOn(): void {
    this.#clock.nowMs += 3_600_000;
  }

  restate(): void {
    this.#changes.set(`${dayOf(this.#clock.nowMs) - 1} asr`, '47.123456');
  }

  vanish(): void {
    this.#changes.set(`${dayOf(this.#clock.nowMs) - 1} voice`, null);
  }

  /** Cost of each namespace on a day, as decimal text. */
  costs(day: Day): ReadonlyMap<string, string> {
    const today = dayOf(this.#clock.nowMs);
    if (day > today) return new Map();
    // Of today there is as much as has passed.
    const hours = day === today ? Math.floor((this.#clock.nowMs % DAY_MS) / 3_600_000) : 24;
    const costs = ['asr', 'voice', 'acme-prod', 'kube-system', 'idle-credit'].map((namespace, index) => {
      const text = namespace === 'idle-credit' ? '-0.00001' : `${hours * (index + 1)}.0${day % 7}`;
      return [namespace, this.#changes.get(`${day} ${namespace}`) ?? text] as const;
    });
    return new Map(costs.filter(([namespace]) => this.#changes.get(`${day} ${namespace}`) !== null));
  }

  truth(): ReadonlyMap<string, readonly string[]> {
    const today = dayOf(this.#clock.nowMs);
    this.#first ??= addDays(today, -30);
    const truth = new Map<string, readonly string[]>();
    for (let day = this.#first; day <= today; day = addDays(day, 1)) {
      const lines = [...this.costs(day)].map(([namespace, text]) => {
        const billed = parseAmount(text) as Amount;
        const line = {
          ...{ service: 'workloads', cluster: 'prod-eu-1', namespace, region: 'eu-central-1', resource: '' },
          ...{ subAccount: '', category: 'Usage', billed, effective: billed },
          tags: { idle: 'spread', prices: 'actual' },
        };
        return chargeText(line, 'USD');
      });
      if (lines.length > 0) truth.set(`cast-ai ${CLUSTER} ${formatDay(day)}`, lines.sort());
    }
    return truth;
  }

  answer({ path, query, headers, method, body }: UpstreamRequest): UpstreamAnswer {
    if (headers['x-api-key'] !== SOURCE_KEY) return { status: 401, body: '{"message":"unauthorized"}' };
    if (path === '/v1/kubernetes/external-clusters') {
      return json({ items: [{ id: CLUSTER, name: 'prod-eu-1', region: { name: 'eu-central-1' }, status: 'ready' }] });
    }
    const from = dayOf(Date.parse(query.get('startTime') ?? ''));
    const until = dayOf(Date.parse(query.get('endTime') ?? ''));
    if (path === '/v1/cost-reports/organization/daily-cost') return json(this.#dailyCost(from, until));
    assert.equal(path, `/v1/cost-reports/clusters/${CLUSTER}/namespace-cost-summaries`);
    assert.deepEqual([method, body], ['POST', '{}']);
    assert.equal(until - from, 1, 'a summary is a total of its whole window: one day at a time');
    assert.equal(query.get('includeIdleResourceCosts'), 'true');
    assert.equal(query.get('useListingPrices'), 'false');
    return json(this.#page([...this.costs(from)], query.get('page.cursor')));
  }

  #page(costs: readonly (readonly [string, string])[], cursor: string | null) {
    const items = (from: number) =>
      costs
        .slice(from, from + PAGE)
        .map(([namespace, totalCost]) => ({ namespace, summary: { totalCost, avgCost: '9' } }));
    const at = Number(cursor?.replace('empty-', '') ?? '0');
    if (this.paging === 'loop') return { items: items(at), nextCursor: 'same' };
    if (this.paging === 'repeated') return { items: items(0), nextCursor: String(at + 1) };
    if (this.paging === 'empty' && cursor?.startsWith('empty') === false) {
      return { items: [], nextCursor: `empty-${cursor}`, count: String(costs.length) };
    }
    const next = at + PAGE;
    return { items: items(at), nextCursor: next < costs.length ? String(next) : '', count: String(costs.length) };
  }

  /** Rates per hour, each an average over its day. */
  #dailyCost(from: Day, until: Day) {
    const intervals = [];
    for (let day = from; day < until; day = addDays(day, 1)) {
      const sum = [...this.costs(day).values()].reduce((total, text) => total + Number(text), 0);
      intervals.push({
        timestamp: new Date(startOf(day)).toISOString(),
        costOnDemandPerHour: (sum / 24 / 2).toFixed(5),
        costSpotPerHour: (sum / 24 / 2).toFixed(5),
        costSpotFallbackPerHour: '0',
      });
    }
    return { items: [{ clusterId: CLUSTER, intervals }] };
  }
}

const source: SourceUnderTest = {
  name: 'cast-ai',
  nowMs: NOW,
  settings: (url) => ({ url, apiKey: 'env:SOURCE_KEY', requestSeconds: 0.3 }),
  model: (clock) => new CastAi(clock),
  standing: ({ reports }) => standingReports(reports),
};

keepsPollerPromises(source);

async function opened(settings: Record<string, unknown> = {}) {
  const clock = { nowMs: NOW };
  const model = new CastAi(clock);
  const upstream = await Upstream.start(
    (request) => model.answer(request),
    () => clock.nowMs,
  );
  const polled = new Polled({ name: 'cast-ai', settings: { ...source.settings(upstream.url), ...settings }, clock });
  return { clock, model, upstream, polled };
}

test('a month of a cluster takes a request a day beside its pages, and a day afterwards as few as must be', async () => {
  const { clock, upstream, polled } = await opened();
  await using _closing = upstream;
  await polled.poll();
  const summaries = () =>
    upstream.requests.filter(({ path, query }) => path.includes('summaries') && !query.get('page.cursor'));
  assert.equal(summaries().length, 31);
  await polled.poll();
  const afterFull = summaries().length;
  clock.nowMs += 3_600_000;
  await polled.poll();
  assert.equal(summaries().length - afterFull, 4, 'today and the three days before it');
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
