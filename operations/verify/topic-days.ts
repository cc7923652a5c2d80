import { newestReport } from '../../attribution/newest-report.ts';
import { refuseReport, refuseReportKey } from '../../attribution/refuse-report.ts';
import type { KafkaClient } from '../../runtime/kafka/client.ts';
import type { PreparedCodec } from '../../runtime/kafka/codec.ts';
import { type InputRecord, Undecodable } from '../../runtime/task.ts';
import type { AttributionDocument } from '../../schemas/attribution-document.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import type { DayRange } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import type { Statement } from '../../schemas/statement.ts';
import { attributions, costReports, statements, type Topic, usageTotals } from '../../schemas/topics.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';
import { type CatalogInForce, readCatalogInForce } from '../catalog-in-force.ts';
import { readPrepared } from '../read-prepared.ts';

/** What the topics say of some days: of each key the record that stands. */
export interface TopicDays extends StandingInputs {
  /** By key of the topic. */
  readonly documents: ReadonlyMap<string, AttributionDocument>;
  readonly statements: ReadonlyMap<string, Statement>;
  readonly inForce: CatalogInForce | null;
}

/** What the topics say of one day. */
export interface PublishedDay {
  readonly reports: readonly CostReport[];
  readonly totals: readonly UsageTotal[];
  readonly documents: readonly AttributionDocument[];
  readonly statements: readonly Statement[];
}

/** What days are computed from, by day. */
export interface StandingInputs {
  readonly reports: ReadonlyMap<Day, readonly CostReport[]>;
  readonly totals: ReadonlyMap<Day, readonly UsageTotal[]>;
  /** The first and the last day that the topics have anything of, asked for or not; null when they are empty. */
  readonly extent: DayRange | null;
}

/**
 * Folds the topics as any reader should: by `observedAt`, by `through`, by (calcVersion, revision). `onRecord` is called
 * for each record read.
 */
export async function readTopicDays(
  kafka: KafkaClient,
  prefix: string,
  codec: PreparedCodec,
  range: DayRange,
  onRecord: () => void,
): Promise<TopicDays> {
  const read = <T>(topic: Topic<T>, keep: (value: T) => boolean, newer: (a: T, b: T) => T): Promise<Map<string, T>> =>
    readNewest(kafka, prefix, codec, topic, keep, newer, onRecord);
  const inRange = (value: { readonly day: Day }): boolean => value.day >= range.from && value.day <= range.to;

  const [inputs, documents, stated, inForce] = await Promise.all([
    readStandingInputs(kafka, prefix, codec, range, onRecord),
    read(attributions, inRange, laterRevision),
    read(statements, inRange, laterRevision),
    readCatalogInForce(kafka, prefix, codec, onRecord),
  ]);
  return { ...inputs, documents, statements: stated, inForce };
}

/** The same day after day. */
export function publishedDays({ reports, totals, documents, statements }: TopicDays): Map<Day, PublishedDay> {
  const documentsOf = Map.groupBy(documents.values(), ({ day }) => day);
  const statementsOf = Map.groupBy(statements.values(), ({ day }) => day);
  const days = new Set([...reports.keys(), ...totals.keys(), ...documentsOf.keys(), ...statementsOf.keys()]);
  return new Map(
    [...days].map((day) => [
      day,
      {
        reports: reports.get(day) ?? [],
        totals: totals.get(day) ?? [],
        documents: documentsOf.get(day) ?? [],
        statements: statementsOf.get(day) ?? [],
      },
    ]),
  );
}

export const NOTHING_PUBLISHED: PublishedDay = { reports: [], totals: [], documents: [], statements: [] };

/** The reports and totals of some days that stand in the topics, all of them in memory. */
export async function readStandingInputs(
  kafka: KafkaClient,
  prefix: string,
  codec: PreparedCodec,
  range: DayRange,
  onRecord: () => void,
): Promise<StandingInputs> {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  const inRange = ({ day }: { readonly day: Day }): boolean => {
    first = Math.min(first, day);
    last = Math.max(last, day);
    return day >= range.from && day <= range.to;
  };
  // A report that is refused is a dead letter, and takes the place of none.
  const counts = (report: CostReport, { key }: InputRecord): boolean =>
    refuseReport(report) === null && inRange(report) && refuseReportKey(report, key) === null;
  const [reports, totals] = await Promise.all([
    readNewest(kafka, prefix, codec, costReports, counts, newestReport, onRecord),
    readNewest(kafka, prefix, codec, usageTotals, inRange, laterTotal, onRecord),
  ]);
  return {
    reports: Map.groupBy(reports.values(), (report) => report.day),
    totals: Map.groupBy(totals.values(), (total) => total.day),
    extent: first > last ? null : { from: first as Day, to: last as Day },
  };
}

/** The documents and statements of some days that stand in the topics of a prefix, by key. */
export async function readPublishedDays(
  kafka: KafkaClient,
  prefix: string,
  codec: PreparedCodec,
  range: DayRange,
): Promise<Pick<TopicDays, 'documents' | 'statements'>> {
  const inRange = (value: { readonly day: Day }): boolean => value.day >= range.from && value.day <= range.to;
  return {
    documents: await readNewest(kafka, prefix, codec, attributions, inRange, laterRevision, () => {}),
    statements: await readNewest(kafka, prefix, codec, statements, inRange, laterRevision, () => {}),
  };
}

/** The usage totals of some days that stand in the topic of a prefix, by key. */
export async function readStandingTotals(
  kafka: KafkaClient,
  prefix: string,
  codec: PreparedCodec,
  range: DayRange,
): Promise<ReadonlyMap<string, UsageTotal>> {
  const inRange = ({ day }: UsageTotal): boolean => day >= range.from && day <= range.to;
  return readNewest(kafka, prefix, codec, usageTotals, inRange, laterTotal, () => {});
}

/** The totals of some days that stand, though an older one of their key came after them. */
export async function readOvertakenTotals(
  kafka: KafkaClient,
  prefix: string,
  codec: PreparedCodec,
  range: DayRange,
): Promise<readonly UsageTotal[]> {
  const inRange = ({ day }: UsageTotal): boolean => day >= range.from && day <= range.to;
  const overtaken = new Map<string, UsageTotal>();
  await readNewest(
    kafka,
    prefix,
    codec,
    usageTotals,
    inRange,
    (before, after) => {
      const newest = laterTotal(before, after);
      if (newest === before) overtaken.set(usageTotals.key(before), before);
      else overtaken.delete(usageTotals.key(before));
      return newest;
    },
    () => {},
  );
  return [...overtaken.values()];
}

async function readNewest<T>(
  kafka: KafkaClient,
  prefix: string,
  codec: PreparedCodec,
  topic: Topic<T>,
  keep: (value: T, record: InputRecord) => boolean,
  newer: (a: T, b: T) => T,
  onRecord: () => void,
): Promise<Map<string, T>> {
  const newest = new Map<string, T>();
  await readPrepared(kafka, prefix + topic.name, codec, (record) => {
    onRecord();
    const value = record.value === null ? null : codec.decode(topic, record.value);
    // What cannot be decoded is a dead letter already, and nothing that stands.
    if (value === null || value instanceof Undecodable || !keep(value, record)) return;
    const key = topic.key(value);
    const held = newest.get(key);
    newest.set(key, held === undefined ? value : newer(held, value));
  });
  return newest;
}

function laterTotal(a: UsageTotal, b: UsageTotal): UsageTotal {
  return b.through >= a.through ? b : a;
}

function laterRevision<T extends { readonly calcVersion: number; readonly revision: number }>(a: T, b: T): T {
  if (a.calcVersion !== b.calcVersion) return b.calcVersion > a.calcVersion ? b : a;
  return b.revision >= a.revision ? b : a;
}
