import { newestReport } from '../attribution/newest-report.ts';
import { replacesTotal, replacesVersion, type Versioned } from '../attribution/newest-version.ts';
import { refuseReport, refuseReportKey } from '../attribution/refuse-report.ts';
import type { KafkaClient } from '../runtime/kafka/client.ts';
import type { PreparedCodec } from '../runtime/kafka/codec.ts';
import { type InputRecord, Undecodable } from '../runtime/task.ts';
import type { AttributionDocument } from '../schemas/attribution-document.ts';
import type { CostReport } from '../schemas/cost-report.ts';
import type { DayRange } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';
import type { Statement } from '../schemas/statement.ts';
import { attributions, costReports, statements, type Topic, usageTotals } from '../schemas/topics.ts';
import type { UsageTotal } from '../schemas/usage-total.ts';
import { readPrepared } from './read-prepared.ts';

/** Topics with a prefix, and some days of which they are read. */
export interface DaysOfTopics {
  readonly kafka: KafkaClient;
  readonly prefix: string;
  readonly codec: PreparedCodec;
  readonly range: DayRange;
  /** Called for each record read. */
  readonly onRecord?: () => void;
}

/** What days are computed from, by day. */
export interface StandingInputs {
  readonly reports: ReadonlyMap<Day, readonly CostReport[]>;
  readonly totals: ReadonlyMap<Day, readonly UsageTotal[]>;
  /** The first and the last day that the topics have anything of, asked for or not; null when they are empty. */
  readonly extent: DayRange | null;
}

/** What days were computed to, by key of the topic. */
export interface StandingResults {
  readonly documents: ReadonlyMap<string, AttributionDocument>;
  readonly statements: ReadonlyMap<string, Statement>;
}

/** The reports and totals of some days that stand in the topics, all of them in memory. */
export async function readStandingInputs(from: DaysOfTopics): Promise<StandingInputs> {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  const isWanted = ({ day }: { readonly day: Day }): boolean => {
    first = Math.min(first, day);
    last = Math.max(last, day);
    return isWithin(from.range, day);
  };
  // A report that is refused is a dead letter, and takes the place of none.
  const counts = (report: CostReport, { key }: InputRecord): boolean =>
    refuseReport(report) === null && isWanted(report) && refuseReportKey(report, key) === null;
  const [reports, totals] = await Promise.all([
    readStanding(from, costReports, (a, b) => newestReport(a, b) === b, counts),
    readStanding(from, usageTotals, totalReplaces, isWanted),
  ]);
  return {
    reports: Map.groupBy(reports.values(), (report) => report.day),
    totals: Map.groupBy(totals.values(), (total) => total.day),
    extent: first > last ? null : { from: first as Day, to: last as Day },
  };
}

/** The documents and statements of some days that stand in the topics. */
export async function readStandingResults(from: DaysOfTopics): Promise<StandingResults> {
  const [documents, stated] = await Promise.all([
    readStanding(from, attributions, versionReplaces),
    readStanding(from, statements, versionReplaces),
  ]);
  return { documents, statements: stated };
}

/** The usage totals of some days that stand in the topic, by key. */
export function readStandingTotals(from: DaysOfTopics): Promise<ReadonlyMap<string, UsageTotal>> {
  return readStanding(from, usageTotals, totalReplaces);
}

/** The totals of some days that stand, though an older one of their key came after them. */
export async function readOvertakenTotals(from: DaysOfTopics): Promise<readonly UsageTotal[]> {
  const overtaken = new Map<string, UsageTotal>();
  await readStanding(from, usageTotals, (earlier, later) => {
    const replaces = totalReplaces(earlier, later);
    if (replaces) overtaken.delete(usageTotals.key(earlier));
    else overtaken.set(usageTotals.key(earlier), earlier);
    return replaces;
  });
  return [...overtaken.values()];
}

/** Folds a topic as any reader should: of each key the record that stands. */
async function readStanding<T extends { readonly day: Day }>(
  { kafka, prefix, codec, range, onRecord }: DaysOfTopics,
  topic: Topic<T>,
  replaces: (earlier: T, later: T) => boolean,
  isWanted: (value: T, record: InputRecord) => boolean = ({ day }) => isWithin(range, day),
): Promise<Map<string, T>> {
  const standing = new Map<string, T>();
  await readPrepared(kafka, prefix + topic.name, codec, (record) => {
    onRecord?.();
    const value = codec.decode(topic, record.value);
    // What cannot be decoded is a dead letter already, and nothing that stands.
    if (value instanceof Undecodable || !isWanted(value, record)) return;
    const key = topic.key(value);
    const held = standing.get(key);
    if (held === undefined || replaces(held, value)) standing.set(key, value);
  });
  return standing;
}

function totalReplaces(earlier: UsageTotal, later: UsageTotal): boolean {
  return replacesTotal(later, earlier);
}

function versionReplaces(earlier: Versioned, later: Versioned): boolean {
  return replacesVersion(later, earlier);
}

function isWithin({ from, to }: DayRange, day: Day): boolean {
  return day >= from && day <= to;
}
