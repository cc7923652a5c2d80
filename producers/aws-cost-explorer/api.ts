import {
  CostExplorerClient,
  type Expression,
  GetCostAndUsageCommand,
  type GetCostAndUsageCommandInput,
} from '@aws-sdk/client-cost-explorer';
import { z } from 'zod';
import type { HttpClient } from '../../runtime/http/client.ts';
import { describeFailure } from '../../runtime/http/failure.ts';
import { hide } from '../../runtime/redaction.ts';
import { untilAborted } from '../../runtime/until-aborted.ts';
import { addDays, type DayRange, formatDay, parseDay } from '../../schemas/day.ts';
import type { Amount, Day } from '../../schemas/scalars.ts';
import { sourceError } from '../polling/errors.ts';
import { money, textOr } from '../polling/fields.ts';
import { eachPage } from '../polling/pages.ts';
import { readAnswer } from '../polling/read-json.ts';
import { failureOf, isExpired } from './failures.ts';

export interface CostExplorerOptions {
  readonly http: HttpClient;
  readonly signal: AbortSignal;
  readonly profile: string | null;
  readonly region: string;
  readonly endpoint: string | null;
}

/** What a service cost by one record type on a day. */
export interface Charge {
  readonly service: string;
  readonly recordType: string;
  /** Unblended: as it is billed on the day. */
  readonly billed: Amount;
  /** Net amortized: after discounts, and with what was paid ahead spread over its time. */
  readonly effective: Amount;
}

export interface DayCharges {
  readonly charges: readonly Charge[];
  readonly currencies: ReadonlySet<string>;
  /** Whether AWS may still change the day. */
  readonly isEstimated: boolean;
}

const metric = z.object({ Amount: money, Unit: z.string().min(1) });
const pageShape = z.object({
  ResultsByTime: z.array(
    z.object({
      TimePeriod: z.object({ Start: z.string(), End: z.string() }),
      Groups: z
        .array(
          z.object({
            Keys: z.tuple([z.string(), z.string()]),
            Metrics: z.object({ UnblendedCost: metric, NetAmortizedCost: metric }),
          }),
        )
        .default([]),
      Estimated: z.boolean(),
    }),
  ),
  NextPageToken: textOr(''),
});

type Page = z.output<typeof pageShape>;

/** How often pages that have expired are read anew from the first one: each time costs what they cost. */
const MAX_RESTARTS = 2;

const CONNECT_MS = 10_000;

/**
 * The one call of Cost Explorer that is needed. Shapes:
 * https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html
 * The SDK signs, finds credentials and reads answers; limits, retries and counting are those of the run, since each
 * request is paid for.
 */
export class CostExplorerApi implements Disposable {
  readonly #client: CostExplorerClient;
  readonly #http: HttpClient;

  private constructor(client: CostExplorerClient, http: HttpClient) {
    this.#client = client;
    this.#http = http;
  }

  /**
   * Finds credentials by the SDK's default chain, before any request is counted.
   *
   * @throws ApportionError `credentials_missing`
   */
  static async open({ http, signal, profile, region, endpoint }: CostExplorerOptions): Promise<CostExplorerApi> {
    const client = new CostExplorerClient({
      region,
      maxAttempts: 1,
      requestHandler: { connectionTimeout: CONNECT_MS },
      ...(profile === null ? {} : { profile }),
      ...(endpoint === null ? {} : { endpoint }),
    });
    try {
      const { secretAccessKey, sessionToken = '' } = await untilAborted(signal, client.config.credentials());
      hide(secretAccessKey);
      // It travels with every request, and AWS repeats it when a signature does not fit.
      hide(sessionToken);
    } catch (cause) {
      client.destroy();
      signal.throwIfAborted();
      throw sourceError('credentials_missing', `AWS credentials were not found: ${describeFailure(cause)}.`, cause);
    }
    return new CostExplorerApi(client, http);
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }

  /**
   * The charges of each day from `from` to `to`, by service and record type.
   *
   * @throws ApportionError `source_garbled`, `page_loop`, `no_data`, `source_away` when the pages expire again and again
   */
  async dailyCharges(range: DayRange, filter: Expression | null): Promise<ReadonlyMap<Day, DayCharges>> {
    const what = `GetCostAndUsage from ${formatDay(range.from)} to ${formatDay(range.to)}`;
    for (let restarts = 0; restarts <= MAX_RESTARTS; restarts++) {
      const days = await this.#readPages(range, filter, what);
      if (days !== null) return days;
    }
    throw sourceError('source_away', `${what}: its pages have expired ${MAX_RESTARTS + 1} times.`);
  }

  /** Null when the pages have expired: those of before may be of another state of the bill. */
  async #readPages(
    range: DayRange,
    filter: Expression | null,
    what: string,
  ): Promise<ReadonlyMap<Day, DayCharges> | null> {
    const days = new Map<Day, OpenDay>();
    let hasExpired = false;
    await eachPage(what, async (token) => {
      const page = await this.#page(requestOf(range, filter, token), what);
      if (page === null) {
        hasExpired = true;
        return null;
      }
      for (const bucket of page.ResultsByTime) addBucket(days, bucket, range, what);
      return page.NextPageToken;
    });
    return hasExpired ? null : new Map([...days].map(([day, open]) => [day, closed(open)]));
  }

  async #page(input: GetCostAndUsageCommandInput, what: string): Promise<Page | null> {
    const answer = await this.#http.attempt(what, async ({ signal, noteClock }) => {
      const command = new GetCostAndUsageCommand(input);
      let headers = new Headers();
      command.middlewareStack.add(
        (next) => async (args) => {
          const result = await next(args);
          headers = headersOf(result.response);
          noteClock(headers);
          return result;
        },
        // The last of its step: nearest to the wire, where refusals are answers still.
        { step: 'deserialize', priority: 'low', name: 'readHeaders' },
      );
      try {
        return await this.#client.send(command, { abortSignal: signal });
      } catch (error) {
        if (signal.aborted) throw error;
        if (isExpired(error)) return null;
        throw failureOf(error, what, headers);
      }
    });
    return answer === null ? null : readAnswer(answer, pageShape, what);
  }
}

/** A day whose groups may go on with the next page. */
interface OpenDay {
  readonly charges: Map<string, Charge>;
  readonly currencies: Set<string>;
  isEstimated: boolean;
}

function requestOf({ from, to }: DayRange, filter: Expression | null, token: string | null) {
  return {
    TimePeriod: { Start: formatDay(from), End: formatDay(addDays(to, 1)) },
    Granularity: 'DAILY',
    Metrics: ['UnblendedCost', 'NetAmortizedCost'],
    GroupBy: [
      { Type: 'DIMENSION', Key: 'SERVICE' },
      { Type: 'DIMENSION', Key: 'RECORD_TYPE' },
    ],
    ...(filter === null ? {} : { Filter: filter }),
    ...(token === null ? {} : { NextPageToken: token }),
  } satisfies GetCostAndUsageCommandInput;
}

function addBucket(
  days: Map<Day, OpenDay>,
  { TimePeriod, Groups, Estimated }: Page['ResultsByTime'][number],
  { from, to }: DayRange,
  what: string,
): void {
  const { Start, End } = TimePeriod;
  const day = parseDay(Start);
  if (day === null || day < from || day > to || parseDay(End) !== day + 1) {
    throw sourceError('source_garbled', `${what}: ${Start} to ${End} is not a day that was asked for.`);
  }
  const open = days.get(day) ?? { charges: new Map(), currencies: new Set(), isEstimated: false };
  days.set(day, open);
  open.isEstimated ||= Estimated;
  for (const { Keys, Metrics } of Groups) {
    const [service, recordType] = Keys;
    const key = JSON.stringify(Keys);
    if (open.charges.has(key)) {
      throw sourceError('source_garbled', `${what}: ${service} (${recordType}) comes twice on ${Start}.`);
    }
    const { UnblendedCost, NetAmortizedCost } = Metrics;
    open.charges.set(key, { service, recordType, billed: UnblendedCost.Amount, effective: NetAmortizedCost.Amount });
    open.currencies.add(UnblendedCost.Unit).add(NetAmortizedCost.Unit);
  }
}

function closed({ charges, ...day }: OpenDay): DayCharges {
  return { ...day, charges: [...charges.values()] };
}

const responseShape = z.object({ headers: z.record(z.string(), z.string()) });

/** Middlewares are given the answer without a type. */
function headersOf(response: unknown): Headers {
  const parsed = responseShape.safeParse(response);
  return new Headers(parsed.success ? parsed.data.headers : {});
}
