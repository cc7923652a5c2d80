import assert from 'node:assert/strict';
import { parseAmount } from '../../../attribution/amount.ts';
import type { CostLine } from '../../../schemas/cost-report.ts';
import { addDays, DAY_MS, dayOf, formatDay, parseDay } from '../../../schemas/day.ts';
import type { Amount, Day } from '../../../schemas/scalars.ts';
import { SOURCE_KEY } from '../polled.ts';
import type { SourceModel, SourceUnderTest } from '../poller-promises.ts';
import { chargeText, standingReports } from '../standing.ts';
import { json, type UpstreamAnswer, type UpstreamRequest } from '../upstream.ts';

export const PAYER = '123456789012';
/** Groups on a page: not a multiple of those of a day, so that days go on with the next page. */
const PAGE = 57;

export const EC2 = 'Amazon Elastic Compute Cloud - Compute';
export const S3 = 'Amazon Simple Storage Service';

/** What a day costs by service and record type: unblended and net amortized, with the category that it is to have. */
const RULE: readonly (readonly [string, string, (hours: number, day: Day) => readonly [string, string], string])[] = [
  [EC2, 'Usage', (hours, day) => [`${hours}.0000000000${day % 7}`, `${hours - 1}.5`], 'Usage'],
  [EC2, 'SavingsPlanCoveredUsage', (hours) => [`${hours}.25`, `${hours / 2}`], 'Usage'],
  [EC2, 'SavingsPlanNegation', (hours) => [`-${hours}.25`, '0'], 'Usage'],
  [S3, 'Usage', (hours) => [`${hours / 4}`, '2.5E-7'], 'Usage'],
  [S3, 'Credit', () => ['-0.0000005504', '-0.0000005504'], 'Credit'],
  ['Tax', 'Tax', (_, day) => [`1.${day % 10}`, `1.${day % 10}`], 'Tax'],
];

interface Group {
  readonly day: Day;
  readonly service: string;
  readonly recordType: string;
  readonly amounts: readonly [string, string];
  readonly category: string;
}

export interface Asked {
  readonly TimePeriod: { readonly Start: string; readonly End: string };
  readonly Granularity: string;
  readonly Metrics: readonly string[];
  readonly GroupBy: readonly { readonly Type: string; readonly Key: string }[];
  readonly Filter?: unknown;
  readonly NextPageToken?: string;
}

/** Cost Explorer with the bill of one payer. */
export class CostExplorer implements SourceModel {
  paging: NonNullable<SourceModel['paging']> = 'normal';
  readonly #clock: { nowMs: number };
  readonly #payer: string;
  /** What is different from the rule, by day, service and record type; null: the group is not there. */
  readonly #changes = new Map<string, string | null>();
  /** The first day that was ever asked for by a poll that looks back. */
  #first: Day | null = null;

  constructor(clock: { nowMs: number }, payer = PAYER) {
    this.#clock = clock;
    this.#payer = payer;
  }

  goOn(): void {
    this.#clock.nowMs += 8 * 3_600_000;
  }

  restate(): void {
    this.#changes.set(`${this.#yesterday} ${EC2} Usage`, '47.123456');
  }

  vanish(): void {
    this.#changes.set(`${this.#yesterday} ${S3} Usage`, null);
  }

  get #yesterday(): Day {
    return addDays(dayOf(this.#clock.nowMs), -1);
  }

  groupsOf(day: Day): readonly Group[] {
    const { nowMs } = this.#clock;
    const today = dayOf(nowMs);
    // Of today there is as much as has passed.
    const hours = day < today ? 24 : Math.floor((nowMs % DAY_MS) / 3_600_000);
    if (day > today || hours === 0) return [];
    return RULE.flatMap(([service, recordType, amountsOf, category]) => {
      const change = this.#changes.get(`${day} ${service} ${recordType}`);
      if (change === null) return [];
      const [unblended, netAmortized] = amountsOf(hours, day);
      return [{ day, service, recordType, amounts: [change ?? unblended, netAmortized], category }];
    });
  }

  /** AWS goes on changing a month for some days after its end. */
  isEstimated(day: Day): boolean {
    const today = dayOf(this.#clock.nowMs);
    return firstOfMonth(day, 1) > addDays(today, -5);
  }

  truth(): ReadonlyMap<string, readonly string[]> {
    const today = dayOf(this.#clock.nowMs);
    this.#first ??= firstOfMonth(today, -1);
    const truth = new Map<string, readonly string[]>();
    for (let day = this.#first; day <= today; day = addDays(day, 1)) {
      const lines = this.groupsOf(day).map((group) => chargeText(lineOf(group), 'USD'));
      if (lines.length > 0) truth.set(`aws ${this.#payer} ${formatDay(day)}`, lines.sort());
    }
    return truth;
  }

  answer({ headers, method, path, body }: UpstreamRequest): UpstreamAnswer {
    assert.deepEqual([method, path], ['POST', '/']);
    assert.equal(headers['x-amz-target'], 'AWSInsightsIndexService.GetCostAndUsage');
    assert.match(String(headers.authorization), /^AWS4-HMAC-SHA256 Credential=AKIDOFTHETEST\/\d{8}\/us-east-1\/ce\//);
    if (headers['x-amz-security-token'] !== SOURCE_KEY) return refusal('UnrecognizedClientException');
    const { TimePeriod, Granularity, Metrics, GroupBy, NextPageToken = '0' } = JSON.parse(body) as Asked;
    assert.deepEqual([Granularity, Metrics], ['DAILY', ['UnblendedCost', 'NetAmortizedCost']]);
    assert.deepEqual(
      GroupBy.map(({ Type, Key }) => `${Type} ${Key}`),
      ['DIMENSION SERVICE', 'DIMENSION RECORD_TYPE'],
    );
    const from = dayFrom(TimePeriod.Start);
    const until = dayFrom(TimePeriod.End);
    assert.ok(from <= dayOf(this.#clock.nowMs), 'AWS refuses a start after today');
    return json(this.#page(from, until, NextPageToken));
  }

  #page(from: Day, until: Day, token: string) {
    const groups: (Group | Day)[] = [];
    // A day without groups has a bucket all the same.
    for (let day = from; day < until; day = addDays(day, 1)) groups.push(day, ...this.groupsOf(day));
    const at = Number(token.replace('empty-', ''));
    const page = (start: number) => bucketsOf(groups.slice(start, start + PAGE), (day) => this.isEstimated(day));
    if (this.paging === 'loop') return { ResultsByTime: page(at), NextPageToken: 'same' };
    if (this.paging === 'repeated') return { ResultsByTime: page(0), NextPageToken: String(at + 1) };
    if (this.paging === 'empty' && token !== '0' && !token.startsWith('empty')) {
      return { ResultsByTime: [], NextPageToken: `empty-${token}` };
    }
    const next = at + PAGE;
    return { ResultsByTime: page(at), ...(next < groups.length ? { NextPageToken: String(next) } : {}) };
  }
}

function bucketsOf(groups: readonly (Group | Day)[], isEstimated: (day: Day) => boolean) {
  const buckets = new Map<Day, object[]>();
  for (const group of groups) {
    const day = typeof group === 'number' ? group : group.day;
    const bucket = buckets.get(day) ?? [];
    buckets.set(day, bucket);
    if (typeof group !== 'number') bucket.push(groupJson(group.service, group.recordType, ...group.amounts));
  }
  return [...buckets].map(([day, Groups]) => bucketJson(formatDay(day), Groups, isEstimated(day)));
}

export function bucketJson(Start: string, Groups: readonly object[], Estimated = false) {
  return { TimePeriod: { Start, End: formatDay(addDays(dayFrom(Start), 1)) }, Total: {}, Groups, Estimated };
}

export function groupJson(
  service: string,
  recordType: string,
  unblended: string,
  netAmortized = unblended,
  Unit = 'USD',
) {
  const Metrics = { UnblendedCost: { Amount: unblended, Unit }, NetAmortizedCost: { Amount: netAmortized, Unit } };
  return { Keys: [service, recordType], Metrics };
}

function lineOf({ service, recordType, amounts, category }: Group): CostLine {
  const [billed, effective] = amounts.map((text) => parseAmount(text) as Amount) as [Amount, Amount];
  return {
    ...{ service, cluster: '', namespace: '', region: '', resource: '', subAccount: '' },
    ...{ category, billed, effective, tags: { recordType } },
  };
}

/** What AWS says, with status 400 whatever it is: https://github.com/aws/aws-sdk-java/issues/1662 */
export function refusal(name: string, message = 'planted'): UpstreamAnswer {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': name };
  return { status: 400, headers, body: JSON.stringify({ __type: name, Message: message }) };
}

function firstOfMonth(day: Day, months: number): Day {
  const date = new Date(day * DAY_MS);
  return dayOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1));
}

export function dayFrom(text: string): Day {
  const day = parseDay(text);
  assert.ok(day !== null, text);
  return day;
}

export const awsCostExplorerSource: SourceUnderTest = {
  name: 'aws-cost-explorer',
  nowMs: Date.parse('2026-03-10T06:00:00Z'),
  settings: (endpoint, account = PAYER) => ({ account, endpoint, requestSeconds: 1, dailyRequests: 1000 }),
  model: (clock, payer) => new CostExplorer(clock, payer),
  standing: ({ reports }) => standingReports(reports),
};
