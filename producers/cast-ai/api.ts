import { z } from 'zod';
import type { HttpClient } from '../../runtime/http/client.ts';
import { addDays, dayOf, formatDay, startOf } from '../../schemas/day.ts';
import type { Amount, Day } from '../../schemas/scalars.ts';
import { failureOf, sourceError } from '../polling/errors.ts';
import { instant, money, moneyOrNull, textOr } from '../polling/fields.ts';
import { eachPage } from '../polling/pages.ts';
import { readJson } from '../polling/read-json.ts';

export interface CastAiOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly organization: string | null;
  /** `spread` asks CAST AI to give idle cost to namespaces. */
  readonly idle: 'spread' | 'separate' | 'none';
  readonly prices: 'actual' | 'list';
}

export interface Cluster {
  readonly id: string;
  readonly name: string;
  readonly region: string;
}

const clustersShape = z.object({
  items: z.array(
    z.object({
      id: z.string().min(1),
      name: textOr(''),
      region: z
        .object({ name: textOr('') })
        .nullish()
        .transform((region) => region?.name ?? ''),
    }),
  ),
});

/** `noDataReason` stands where the answer is empty for another reason than that nothing ran. */
const summariesShape = z.object({
  items: z.array(z.object({ namespace: z.string(), summary: z.object({ totalCost: money }) })).default([]),
  nextCursor: textOr(''),
  noDataReason: textOr(''),
});

const rate = moneyOrNull.transform((amount) => amount ?? (0n as Amount));
const dailyShape = z.object({
  items: z.array(
    z.object({
      clusterId: z.string().min(1),
      intervals: z.array(
        z.object({
          timestamp: instant,
          costOnDemandPerHour: rate,
          costSpotPerHour: rate,
          costSpotFallbackPerHour: rate,
        }),
      ),
    }),
  ),
});

type DailyCost = z.output<typeof dailyShape>['items'];

/** The largest page that there is; the parameter is a text. */
const PAGE_LIMIT = '500';
const HOURS_A_DAY = 24n;

/**
 * What of CAST AI's API the poller asks for. Shapes: https://docs.cast.ai/reference (cost reports); money and counts are
 * decimal text, as proto3 writes them as JSON.
 */
export class CastAiApi {
  readonly #http: HttpClient;
  readonly #options: CastAiOptions;
  /** The report tells of all clusters at once: asked for once per range of days. */
  readonly #dailyCosts = new Map<string, Promise<DailyCost>>();

  constructor(http: HttpClient, options: CastAiOptions) {
    this.#http = http;
    this.#options = options;
  }

  /** The clusters of the organisation by id, those that are gone included: they had cost. */
  async clusters(): Promise<ReadonlyMap<string, Cluster>> {
    const path = '/v1/kubernetes/external-clusters';
    const { items } = readJson(await this.#get(path, {}), clustersShape, path);
    return new Map(items.map(({ id, name, region }) => [id, { id, name: name || id, region }]));
  }

  /**
   * What each namespace of a cluster cost on a day: a total of the whole window, which is therefore one day long. Null
   * when CAST AI says that it has no data.
   *
   * @throws ApportionError `source_garbled` when a namespace comes twice: the sum would count it twice
   */
  async namespaceCosts(cluster: string, day: Day): Promise<ReadonlyMap<string, Amount> | null> {
    const path = `/v1/cost-reports/clusters/${encodeURIComponent(cluster)}/namespace-cost-summaries`;
    const what = `${path} of ${formatDay(day)}`;
    const costs = new Map<string, Amount>();
    let hasData = true;
    await eachPage(what, async (cursor) => {
      const query = { ...this.#window(day, addDays(day, 1)), ...this.#modes(), ...pageOf(cursor) };
      const page = readJson(await this.#post(path, query), summariesShape, what);
      if (page.noDataReason !== '') hasData = false;
      for (const { namespace, summary } of page.items) {
        if (costs.has(namespace))
          throw sourceError('source_garbled', `${what}: the namespace ${namespace} comes twice.`);
        costs.set(namespace, summary.totalCost);
      }
      return page.nextCursor;
    });
    return hasData ? costs : null;
  }

  /**
   * What a cluster cost on each day from `from` to `to`, by the organisation's report of rates per hour: each is an
   * average over its day. Empty where this version of the API does not have that report.
   */
  async dailyTotals(cluster: string, from: Day, to: Day): Promise<ReadonlyMap<Day, Amount>> {
    const key = `${from} ${to}`;
    const asked = this.#dailyCosts.get(key) ?? this.#dailyCost(from, to);
    this.#dailyCosts.set(key, asked);
    const intervals = (await asked).find(({ clusterId }) => clusterId === cluster)?.intervals ?? [];
    return new Map(
      intervals.map(({ timestamp, ...rates }) => {
        const perHour = rates.costOnDemandPerHour + rates.costSpotPerHour + rates.costSpotFallbackPerHour;
        return [dayOf(timestamp), (perHour * HOURS_A_DAY) as Amount];
      }),
    );
  }

  async #dailyCost(from: Day, to: Day): Promise<DailyCost> {
    const path = '/v1/cost-reports/organization/daily-cost';
    try {
      return readJson(await this.#get(path, this.#window(from, addDays(to, 1))), dailyShape, path).items;
    } catch (error) {
      if (failureOf(error)?.status === 404) return [];
      throw error;
    }
  }

  #window(from: Day, until: Day) {
    return { startTime: new Date(startOf(from)).toISOString(), endTime: new Date(startOf(until)).toISOString() };
  }

  #modes() {
    const { idle, prices } = this.#options;
    return { includeIdleResourceCosts: String(idle === 'spread'), useListingPrices: String(prices === 'list') };
  }

  async #get(path: string, query: Readonly<Record<string, string>>): Promise<string> {
    return (await this.#http.send({ url: this.#url(path, query), headers: this.#headers() })).text;
  }

  /** A request that only reads, although it is a POST: its body is a filter. */
  async #post(path: string, query: Readonly<Record<string, string>>): Promise<string> {
    const headers = { ...this.#headers(), 'content-type': 'application/json' };
    return (await this.#http.send({ url: this.#url(path, query), method: 'POST', headers, body: '{}' })).text;
  }

  #url(path: string, query: Readonly<Record<string, string>>): URL {
    const url = new URL(path, this.#options.url);
    url.search = new URLSearchParams(query).toString();
    return url;
  }

  #headers() {
    const { apiKey, organization } = this.#options;
    return {
      'X-API-Key': apiKey,
      accept: 'application/json',
      ...(organization === null ? {} : { 'X-CastAI-Organization-Id': organization }),
    };
  }
}

function pageOf(cursor: string | null) {
  return { 'page.limit': PAGE_LIMIT, ...(cursor === null ? {} : { 'page.cursor': cursor }) };
}
