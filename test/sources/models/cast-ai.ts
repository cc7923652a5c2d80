import assert from 'node:assert/strict';
import { parseAmount } from '../../../attribution/amount.ts';
import { addDays, DAY_MS, dayOf, formatDay, startOf } from '../../../schemas/day.ts';
import type { Amount, Day } from '../../../schemas/scalars.ts';
import { SOURCE_KEY } from '../polled.ts';
import type { SourceModel, SourceUnderTest } from '../poller-promises.ts';
import { chargeText, standingReports } from '../standing.ts';
import { json, type UpstreamAnswer, type UpstreamRequest } from '../upstream.ts';

export const CLUSTER = '0fd1c0de-0000-4000-8000-000000000001';
const PAGE = 2;

/** CAST AI with one cluster, whose namespaces cost something every day since the first. */
export class CastAi implements SourceModel {
  paging: NonNullable<SourceModel['paging']> = 'normal';
  readonly #clock: { nowMs: number };
  readonly #cluster: string;
  /** What is different from the rule, by day and namespace; null: the line is not there. */
  readonly #changes = new Map<string, string | null>();

  /** Of the first poll. */
  #first: Day | null = null;

  constructor(clock: { nowMs: number }, cluster = CLUSTER) {
    this.#clock = clock;
    this.#cluster = cluster;
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
      if (lines.length > 0) truth.set(`cast-ai ${this.#cluster} ${formatDay(day)}`, lines.sort());
    }
    return truth;
  }

  answer({ path, query, headers, method, body }: UpstreamRequest): UpstreamAnswer {
    if (headers['x-api-key'] !== SOURCE_KEY) return { status: 401, body: '{"message":"unauthorized"}' };
    if (path === '/v1/kubernetes/external-clusters') {
      return json({
        items: [{ id: this.#cluster, name: 'prod-eu-1', region: { name: 'eu-central-1' }, status: 'ready' }],
      });
    }
    const from = dayOf(Date.parse(query.get('startTime') ?? ''));
    const until = dayOf(Date.parse(query.get('endTime') ?? ''));
    if (path === '/v1/cost-reports/organization/daily-cost') return json(this.#dailyCost(from, until));
    assert.equal(path, `/v1/cost-reports/clusters/${this.#cluster}/namespace-cost-summaries`);
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
    return { items: [{ clusterId: this.#cluster, intervals }] };
  }
}

export const castAiSource: SourceUnderTest = {
  name: 'cast-ai',
  nowMs: Date.parse('2026-03-10T06:00:00Z'),
  settings: (url) => ({ url, apiKey: 'env:SOURCE_KEY', requestSeconds: 1 }),
  model: (clock, cluster) => new CastAi(clock, cluster),
  standing: ({ reports }) => standingReports(reports),
};
