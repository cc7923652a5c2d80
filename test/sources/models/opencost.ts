import assert from 'node:assert/strict';
import { parseAmount } from '../../../attribution/amount.ts';
import { addDays, DAY_MS, dayOf, formatDay, parseDay } from '../../../schemas/day.ts';
import type { Amount, Day } from '../../../schemas/scalars.ts';
import type { SourceModel, SourceUnderTest } from '../poller-promises.ts';
import { chargeText, standingReports } from '../standing.ts';
import type { UpstreamAnswer, UpstreamRequest } from '../upstream.ts';

const CLUSTER = 'prod-eu-1';
const MINUTE_MS = 60_000;

/** OpenCost on one cluster, which costs something every day since the first. */
export class OpenCost implements SourceModel {
  readonly #clock: { nowMs: number };
  readonly #cluster: string;
  /** What is different from the rule, by day and name; null: it is not there. */
  readonly #changes = new Map<string, string | null>();
  /** Of the first poll. */
  #first: Day | null = null;
  /** Before it Prometheus knows nothing. */
  knownFromMs = 0;

  constructor(clock: { nowMs: number }, cluster = CLUSTER) {
    this.#clock = clock;
    this.#cluster = cluster;
  }

  goOn(): void {
    this.#clock.nowMs += 3_600_000;
  }

  restate(): void {
    this.#changes.set(`${dayOf(this.#clock.nowMs) - 1} asr`, '47.12346');
  }

  vanish(): void {
    this.#changes.set(`${dayOf(this.#clock.nowMs) - 1} voice`, null);
  }

  /** Cost by name on a day, as JSON writes it. */
  costs(day: Day): ReadonlyMap<string, string> {
    const today = dayOf(this.#clock.nowMs);
    if (day > today || (day + 1) * DAY_MS <= this.knownFromMs) return new Map();
    const hours = day === today ? Math.floor((this.#clock.nowMs % DAY_MS) / 3_600_000) : 24;
    const names = ['asr', 'voice', 'acme-prod', 'kube-system', '__idle__', '__unmounted__'];
    const costs = names.map((name, index) => {
      const text = name === '__idle__' ? `-${day % 7}e-5` : `${hours * (index + 1)}.0${day % 7}`;
      return [name, this.#changes.get(`${day} ${name}`) ?? text] as const;
    });
    return new Map(costs.filter(([name]) => this.#changes.get(`${day} ${name}`) !== null));
  }

  truth(): ReadonlyMap<string, readonly string[]> {
    const today = dayOf(this.#clock.nowMs);
    this.#first ??= addDays(today, -30);
    const truth = new Map<string, readonly string[]>();
    for (let day = this.#first; day <= today; day = addDays(day, 1)) {
      const lines = [...this.costs(day)].map(([name, text]) => {
        const billed = parseAmount(text) as Amount;
        const place = name.startsWith('__')
          ? { service: name.slice(2, -2), namespace: '' }
          : { service: 'workloads', namespace: name };
        const line = {
          ...{ ...place, cluster: this.#cluster, region: '', resource: '', subAccount: '' },
          ...{ category: 'Usage', billed, effective: billed, tags: {} },
        };
        return chargeText(line, 'USD');
      });
      truth.set(`opencost ${this.#cluster} ${formatDay(day)}`, lines.sort());
    }
    return truth;
  }

  answer({ path, query, headers, method }: UpstreamRequest): UpstreamAnswer {
    if (headers.authorization !== 'Bearer key-of-the-test-1f0c') return { status: 401, body: 'who are you?' };
    assert.deepEqual([method, path], ['GET', '/model/allocation']);
    const [, from = '', until = ''] = /^(.{10})T00:00:00Z,(.{10})T00:00:00Z$/.exec(query.get('window') ?? '') ?? [];
    assert.equal(Date.parse(until) - Date.parse(from), DAY_MS, 'small windows lose what is rounded');
    query.delete('window');
    assert.deepEqual(Object.fromEntries(query), {
      ...{ aggregate: 'namespace', step: '1d', accumulate: 'false', includeIdle: 'true', resolution: '1m' },
    });
    const day = parseDay(from) as Day;
    return { status: 200, body: this.#body(day) };
  }

  #body(day: Day): string {
    const at = (ms: number): string => new Date(ms).toISOString().replace('.000', '');
    const start = Math.max(day * DAY_MS, this.knownFromMs);
    const end = Math.min((day + 1) * DAY_MS, this.#clock.nowMs + MINUTE_MS);
    const window = `{"start":"${at(day * DAY_MS)}","end":"${at((day + 1) * DAY_MS)}"}`;
    const allocations = [...this.costs(day)].map(
      ([name, cost]) =>
        `"${name}":{"name":"${name}","properties":{"cluster":"${this.#cluster}"},"window":${window},` +
        `"start":"${at(start)}","end":"${at(end)}","minutes":${(end - start) / MINUTE_MS},"pvs":null,"totalCost":${cost}}`,
    );
    return `{"code":200,"status":"success","data":[{${allocations.join(',')}}]}`;
  }
}

export const opencostSource: SourceUnderTest = {
  name: 'opencost',
  nowMs: Date.parse('2026-03-10T06:00:00Z'),
  settings: (url, cluster = CLUSTER) => ({
    url: `${url}/model/`,
    cluster,
    auth: { scheme: 'bearer', token: 'env:SOURCE_KEY' },
    requestSeconds: 1,
  }),
  model: (clock, cluster) => new OpenCost(clock, cluster),
  standing: ({ reports }) => standingReports(reports),
};
