import { z } from 'zod';
import type { HttpClient } from '../../runtime/http/client.ts';
import { dayOf, formatDay } from '../../schemas/day.ts';
import type { Amount, Day, Instant } from '../../schemas/scalars.ts';
import { sourceError } from '../polling/errors.ts';
import { instant, money, moneyOrNull, textOr } from '../polling/fields.ts';
import { readJson } from '../polling/read-json.ts';
import type { Month } from './month.ts';

export interface DatadogOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly applicationKey: string;
  readonly view: 'summary' | 'sub-org';
}

/** What an organisation's month had cost when a day had passed, or the whole month. */
export interface OrgCost {
  /** Public id of the organisation. */
  readonly org: string;
  readonly region: string;
  readonly at: Instant;
  /** Null where Datadog gives none. */
  readonly totalCost: Amount | null;
  readonly charges: readonly Charge[];
}

export interface Charge {
  readonly product: string;
  /** `committed`, `on_demand`, or whatever comes yet; `total` is the sum of the others of its product. */
  readonly chargeType: string;
  readonly cost: Amount;
}

const charge = z
  .object({ product_name: z.string().min(1), charge_type: textOr(''), cost: money })
  .transform(
    ({ product_name, charge_type, cost }): Charge => ({ product: product_name, chargeType: charge_type, cost }),
  );

const attributes = z
  .object({
    public_id: z.string().min(1),
    region: textOr(''),
    date: instant,
    total_cost: moneyOrNull,
    charges: z.array(charge).nullish(),
  })
  .transform(
    ({ public_id, region, date, total_cost, charges }): OrgCost => ({
      ...{ org: public_id, region, at: date, totalCost: total_cost, charges: charges ?? [] },
    }),
  );

const costsShape = z.object({ data: z.array(z.object({ attributes })) });

/**
 * What of Datadog's API the poller asks for. Shapes: https://docs.datadoghq.com/api/latest/usage-metering; costs are JSON
 * floats in USD, and there are no pages. Only the parent organisation may ask.
 */
export class DatadogApi {
  readonly #http: HttpClient;
  readonly #options: DatadogOptions;

  constructor(http: HttpClient, options: DatadogOptions) {
    this.#http = http;
    this.#options = options;
  }

  /**
   * What the month had cost by the end of each day up to `to`, per organisation, in order of time. A day may be missing;
   * empty when Datadog has nothing to say of the month.
   */
  estimatedCosts(month: Month, to: Day): Promise<readonly OrgCost[]> {
    return this.#costs('/api/v2/usage/estimated_cost', month, {
      start_date: formatDay(month.first),
      end_date: formatDay(to),
      cost_aggregation: 'cumulative',
    });
  }

  /** What the month has cost in all, per organisation; empty while Datadog does not know yet. */
  historicalCosts(month: Month): Promise<readonly OrgCost[]> {
    // Whether `end_month` is included is not documented: without it all since `start_month` comes.
    return this.#costs('/api/v2/usage/historical_cost', month, { start_month: month.text });
  }

  async #costs(path: string, month: Month, query: Readonly<Record<string, string>>): Promise<readonly OrgCost[]> {
    const url = new URL(path, this.#options.url);
    url.search = new URLSearchParams({ view: this.#options.view, ...query }).toString();
    const { text } = await this.#http.send({ url, headers: this.#headers() });
    const what = `${path} of ${month.text}`;
    const costs = readJson(text, costsShape, what)
      .data.map((row) => row.attributes)
      .filter(({ at }) => month.first <= dayOf(at) && dayOf(at) <= month.last)
      .sort((a, b) => a.at - b.at);
    checkOnce(costs, what);
    return costs;
  }

  #headers() {
    const { apiKey, applicationKey } = this.#options;
    return { 'DD-API-KEY': apiKey, 'DD-APPLICATION-KEY': applicationKey, accept: 'application/json' };
  }
}

/** Two rows of one organisation and instant would be counted twice, or one of them not at all. */
function checkOnce(costs: readonly OrgCost[], what: string): void {
  const seen = new Set<string>();
  for (const { org, at } of costs) {
    const key = `${org} ${at}`;
    if (seen.has(key))
      throw sourceError('source_garbled', `${what}: ${new Date(at).toISOString()} comes twice for ${org}.`);
    seen.add(key);
  }
}
