import assert from 'node:assert/strict';
import { formatAmount, parseAmount } from '../../../attribution/amount.ts';
import type { CostLine } from '../../../schemas/cost-report.ts';
import { addDays, DAY_MS, dayOf, formatDay, parseDay } from '../../../schemas/day.ts';
import type { Amount, Day } from '../../../schemas/scalars.ts';
import { SOURCE_KEY } from '../polled.ts';
import type { SourceModel, SourceUnderTest } from '../poller-promises.ts';
import { chargeText, standingReports } from '../standing.ts';
import type { UpstreamAnswer, UpstreamRequest } from '../upstream.ts';

export const ORG = 'fasjyydbcgwwc2uc';

/** What the whole month has cost beyond its days, by product. */
const BEYOND: Readonly<Record<string, string>> = {
  infra_host: '12.000000000001',
  logs_indexed_15day: '-0.5',
  support: '99',
};

/** Datadog with one organisation, whose products cost something every day since the first. */
class Datadog implements SourceModel {
  readonly #clock: { nowMs: number };
  readonly #org: string;
  /** What is different from the rule, by day, product and type; null: it is not there. */
  readonly #changes = new Map<string, string | null>();
  /** Of the first poll. */
  #first: Day | null = null;

  constructor(clock: { nowMs: number }, org = ORG) {
    this.#clock = clock;
    this.#org = org;
  }

  get #today(): Day {
    return dayOf(this.#clock.nowMs);
  }

  goOn(): void {
    this.#clock.nowMs += 3_600_000;
  }

  /** What was left out is told of after all. */
  happen(): void {
    for (const [key, text] of this.#changes) if (text === null) this.#changes.delete(key);
  }

  restate(): void {
    this.#changes.set(`${this.#today - 1} infra_host on_demand`, '47.123456789012');
  }

  vanish(): void {
    this.#changes.set(`${this.#today} logs_indexed_15day on_demand`, null);
  }

  truth(): ReadonlyMap<string, readonly string[]> {
    this.#first ??= monthBefore(firstOfMonth(this.#today));
    const truth = new Map<string, readonly string[]>();
    for (let day = this.#first; day <= this.#today; day = addDays(day, 1)) {
      const lines = [...this.#costs(day)].map(([key, cost]) => {
        const [product = '', chargeType = ''] = key.split(' ');
        return chargeText(lineOf(product, 'Usage', cost, { chargeType }), 'USD');
      });
      if (this.#isWhole(day) && firstOfMonth(addDays(day, 1)) > day) {
        for (const [product, text] of Object.entries(BEYOND)) {
          lines.push(chargeText(lineOf(product, 'Adjustment', amount(text), { chargeType: 'historical' }), 'USD'));
        }
      }
      truth.set(`datadog ${this.#org} ${formatDay(day)}`, lines.sort());
    }
    return truth;
  }

  answer({ path, query, headers, method }: UpstreamRequest): UpstreamAnswer {
    if (headers['dd-api-key'] !== SOURCE_KEY || headers['dd-application-key'] !== SOURCE_KEY) {
      return { status: 403, body: '{"errors":["Forbidden"]}' };
    }
    assert.equal(method, 'GET');
    assert.equal(query.get('view'), 'summary');
    if (path === '/api/v2/usage/historical_cost') {
      const first = parseDay(`${query.get('start_month')}-01`) as Day;
      assert.ok(this.#isWhole(first), 'nobody knows yet what the month has cost');
      return rowsOf([this.#whole(first), this.#whole(firstOfMonth(this.#today))]);
    }
    assert.equal(path, '/api/v2/usage/estimated_cost');
    assert.equal(query.get('cost_aggregation'), 'cumulative');
    const from = parseDay(query.get('start_date') ?? '') as Day;
    const to = parseDay(query.get('end_date') ?? '') as Day;
    assert.ok(firstOfMonth(from) === from && firstOfMonth(to) === from, 'sums of a month begin at its first day');
    return rowsOf(this.#rows(from, to));
  }

  /** What has been spent by the end of each day, the newest first. */
  #rows(from: Day, to: Day): string[] {
    const rows: string[] = [];
    const spent = new Map<string, bigint>();
    for (let day = from; day <= to; day = addDays(day, 1)) {
      const costs = this.#costs(day);
      for (const [key, cost] of costs) spent.set(key, (spent.get(key) ?? 0n) + cost);
      rows.unshift(rowOf(day, [...spent].filter(([key]) => costs.has(key)).flatMap(chargesOf), this.#org));
    }
    return rows;
  }

  /** What a month has cost in the end. */
  #whole(first: Day): string {
    const spent = new Map<string, bigint>(Object.entries(BEYOND).map(([product, text]) => [product, amount(text)]));
    for (let day = first; firstOfMonth(day) === first; day = addDays(day, 1)) {
      for (const [key, cost] of this.#costs(day)) {
        const [product = ''] = key.split(' ');
        spent.set(product, (spent.get(product) ?? 0n) + cost);
      }
    }
    return rowOf(
      first,
      [...spent].map(([product, cost]) => chargeJson(product, 'on_demand', cost)),
      this.#org,
    );
  }

  #isWhole(day: Day): boolean {
    return this.#today >= firstOfMonth(addDays(firstOfMonth(day), 40)) + 15;
  }

  /** Cost of a day by product and type. */
  #costs(day: Day): ReadonlyMap<string, Amount> {
    // Of today there is as much as has passed.
    const hours = day === this.#today ? Math.floor((this.#clock.nowMs % DAY_MS) / 3_600_000) : 24;
    const keys = ['infra_host committed', 'infra_host on_demand', 'logs_indexed_15day on_demand', 'rum_lite total'];
    const costs = keys.map((key, index) => {
      const text = index === 0 ? '-0.00000000025' : `${hours * index}.${day % 7}00000000003`;
      return [key, this.#changes.get(`${day} ${key}`) ?? text] as const;
    });
    const there = costs.filter(([key]) => this.#changes.get(`${day} ${key}`) !== null);
    return new Map(there.map(([key, text]) => [key, amount(text)]));
  }
}

function amount(text: string): Amount {
  const parsed = parseAmount(text);
  if (typeof parsed !== 'bigint') assert.fail(parsed.fault);
  return parsed;
}

function firstOfMonth(day: Day): Day {
  return parseDay(`${formatDay(day).slice(0, 7)}-01`) as Day;
}

function monthBefore(first: Day): Day {
  return firstOfMonth(addDays(first, -1));
}

function lineOf(product: string, category: string, cost: Amount, tags: CostLine['tags']): CostLine {
  return {
    ...{ service: product, cluster: '', namespace: '', region: 'eu', resource: '', subAccount: '', category },
    ...{ billed: cost, effective: cost, tags },
  };
}

/** Parts come in two pieces, and with a total. */
function chargesOf([key, spent]: readonly [string, bigint]): string[] {
  const [product = '', type = ''] = key.split(' ');
  if (type === 'total') return [chargeJson(product, type, spent)];
  return [chargeJson(product, type, spent - 1n), chargeJson(product, type, 1n), chargeJson(product, 'total', spent)];
}

export function chargeJson(product: string, type: string, cost: bigint): string {
  return `{"product_name":"${product}","charge_type":"${type}","cost":${formatAmount(cost as Amount)}}`;
}

export function rowOf(day: Day, charges: readonly string[], org = ORG, total = ''): string {
  const at = `${formatDay(day)}T00:00:00+00:00`;
  const totalCost = total === '' ? '' : `"total_cost":${total},`;
  return (
    `{"type":"cost_by_org","id":"${org}-${day}","attributes":{"org_name":"Acme","public_id":"${org}","region":"eu",` +
    `"date":"${at}",${totalCost}"charges":[${charges.join(',')}]}}`
  );
}

export function rowsOf(rows: readonly string[]): UpstreamAnswer {
  return { status: 200, body: `{"data":[${rows.join(',')}]}` };
}

export const datadogSource: SourceUnderTest = {
  name: 'datadog',
  nowMs: Date.parse('2026-03-20T06:00:00Z'),
  settings: (url) => ({
    ...{ url, apiKey: 'env:SOURCE_KEY', applicationKey: 'env:SOURCE_KEY', requestSeconds: 1 },
  }),
  model: (clock, org) => new Datadog(clock, org),
  standing: ({ reports }) => standingReports(reports),
};
