import { LosslessNumber } from 'lossless-json';
import { z } from 'zod';
import type { HttpClient } from '../../runtime/http/client.ts';
import { addDays, formatDay, startOf } from '../../schemas/day.ts';
import type { Amount, Day, Instant } from '../../schemas/scalars.ts';
import { sourceError } from '../polling/errors.ts';
import { instant, money, textOr } from '../polling/fields.ts';
import { readJson } from '../polling/read-json.ts';

export interface OpenCostOptions {
  readonly url: string;
  readonly resolutionMinutes: number;
  readonly authorization: string | null;
}

/** What a namespace, or what OpenCost reserves a name for, cost on a day. */
export interface Allocation {
  readonly name: string;
  /** Empty where OpenCost names none. */
  readonly cluster: string;
  /** With all adjustments; idle cost may be below zero. */
  readonly cost: Amount;
  /** From when to when OpenCost knows of it. */
  readonly start: Instant;
  readonly end: Instant;
}

const allocation = z.object({
  properties: z
    .object({ cluster: textOr('') })
    .nullish()
    .transform((properties) => properties?.cluster ?? ''),
  window: z.object({ start: instant }),
  start: instant,
  end: instant,
  totalCost: money,
});

/** Some failures are answered with 200 and say 500 inside. */
const ok = z.unknown().refine((code) => code instanceof LosslessNumber && code.value === '200', 'expected 200');

const answerShape = z.object({ code: ok, data: z.array(z.record(z.string(), allocation).nullable()).nullable() });

/**
 * What of OpenCost's API the poller asks for. Shapes: https://opencost.io/docs/integrations/api; costs are JSON floats,
 * rounded to 5 decimals, so that a day is asked for as a whole.
 */
export class OpenCostApi {
  readonly #http: HttpClient;
  readonly #options: OpenCostOptions;

  constructor(http: HttpClient, options: OpenCostOptions) {
    this.#http = http;
    this.#options = options;
  }

  /**
   * What each namespace cost on a day, and what was idle. Empty when OpenCost knows nothing of the day.
   *
   * @throws ApportionError `source_garbled` when the answer is of another window, or not by namespace
   */
  async allocations(day: Day): Promise<readonly Allocation[]> {
    const { url: base, resolutionMinutes, authorization } = this.#options;
    const url = new URL(`${base.replace(/\/+$/, '')}/allocation`);
    url.search = new URLSearchParams({
      // Without milliseconds: OpenCost refuses them.
      window: `${formatDay(day)}T00:00:00Z,${formatDay(addDays(day, 1))}T00:00:00Z`,
      ...{ aggregate: 'namespace', step: '1d', accumulate: 'false', includeIdle: 'true' },
      resolution: `${resolutionMinutes}m`,
    }).toString();
    const headers = { accept: 'application/json', ...(authorization === null ? {} : { authorization }) };
    const { text } = await this.#http.send({ url, headers });
    const what = `/allocation of ${formatDay(day)}`;
    const sets = readJson(text, answerShape, what).data ?? [];
    if (sets.length > 1) throw sourceError('source_garbled', `${what}: ${sets.length} sets instead of one.`);
    return Object.entries(sets[0] ?? {}).map(([name, { properties, window, totalCost, start, end }]) => {
      // The name is empty where OpenCost does not know what it is to aggregate by.
      if (name === '') throw sourceError('source_garbled', `${what}: an allocation has no name.`);
      if (window.start !== startOf(day)) throw sourceError('source_garbled', `${what}: it is of another window.`);
      return { name, cluster: properties, cost: totalCost, start, end };
    });
  }
}
