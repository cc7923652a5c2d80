/**
 * Every topic, declared once. Topic creation, schema registration, keys, partitions, the README's table and the tests
 * derive from here. Read this first.
 */
import { type AttributionDocument, attributionDocumentAvro } from './attribution-document.ts';
import { type Call, callAvro } from './call.ts';
import { type CatalogRecord, catalogRecordAvro } from './catalog-record.ts';
import { type Checkpoint, checkpointAvro } from './checkpoint.ts';
import { type CostReport, costReportAvro } from './cost-report.ts';
import { formatDay } from './day.ts';
import { type DeadLetter, deadLetterAvro } from './dead-letter.ts';
import type { Day } from './scalars.ts';
import { type SourceStatus, sourceStatusAvro } from './source-status.ts';
import { type Statement, statementAvro } from './statement.ts';
import { type UsageSample, usageSampleAvro } from './usage-sample.ts';
import { type UsageTotal, usageTotalAvro } from './usage-total.ts';

/** A topic: `T` is the TypeScript type of its values. */
export interface Topic<T> {
  /** Name without the configurable prefix (`apportion.`). */
  readonly name: string;
  /** The record's key: UTF-8 text, unique per document. */
  readonly key: (value: T) => string;
  /** How the key is described to people. */
  readonly keyText: string;
  readonly partitioning: Partitioning<T>;
  readonly cleanup: Cleanup;
  readonly maxRecordBytes: number;
  /**
   * Whether times of events are judged by the timestamps of its records. The broker then refuses what is an hour ahead
   * of its clock; elsewhere a role whose clock is wrong goes on working.
   */
  readonly judgedByTimestamps: boolean;
  /** Avro schema of the value; subject `<topic>-value`. */
  readonly schema: object;
  /** A public topic promises FULL_TRANSITIVE compatibility. */
  readonly public: boolean;
  readonly writtenBy: readonly string[];
  readonly readBy: readonly string[];
  readonly doc: string;
}

/**
 * `text`: murmur2 of the text, as Kafka's Java client partitions keys. `day`: day number mod partitions.
 * `single`: one partition. `origin`: the partition of the record it is about, mod partitions.
 */
export type Partitioning<T> =
  | { readonly by: 'text'; readonly of: (value: T) => string }
  | { readonly by: 'day'; readonly of: (value: T) => Day }
  | { readonly by: 'origin'; readonly of: (value: T) => number }
  | { readonly by: 'single' };

export type Cleanup =
  | { readonly policy: 'delete'; readonly retentionDays: number | 'unlimited' }
  | { readonly policy: 'compact'; readonly lagDays: number };

const KIB = 1024;
const MIB = 1024 * KIB;

/** Joins parts into a key that no other parts give. */
const parts = (...values: readonly (string | number)[]): string => JSON.stringify(values);

export const calls: Topic<Call> = {
  name: 'calls.v1',
  key: (call) => `${call.source}/${call.callId}`,
  keyText: 'source/callId',
  partitioning: { by: 'text', of: (call) => `${call.source}/${call.callId}` },
  cleanup: { policy: 'delete', retentionDays: 400 },
  maxRecordBytes: MIB,
  judgedByTimestamps: true,
  schema: callAvro,
  public: true,
  writtenBy: ['voice platforms', 'media-gateway', 'ingest', 'apportion send'],
  readBy: ['meter'],
  doc: 'Calls that have ended.',
};

export const usage: Topic<UsageSample> = {
  name: 'usage.v1',
  key: (sample) => `${sample.source}/${sample.sampleId}`,
  keyText: 'source/sampleId',
  partitioning: { by: 'text', of: (sample) => `${sample.source}/${sample.sampleId}` },
  cleanup: { policy: 'delete', retentionDays: 400 },
  maxRecordBytes: MIB,
  judgedByTimestamps: true,
  schema: usageSampleAvro,
  public: true,
  writtenBy: ['pollers', 'apportion send'],
  readBy: ['meter'],
  doc: 'Measured quantities: logins, requests, resource use.',
};

export const usageTotals: Topic<UsageTotal> = {
  name: 'usage-totals.v1',
  key: (t) =>
    parts(
      formatDay(t.day),
      t.cluster,
      t.namespace,
      t.tenant,
      t.product,
      t.meter,
      t.topic,
      t.partition,
      ...(t.identity === '' ? [] : [t.identity]),
    ),
  keyText: 'day, cluster, namespace, tenant, product, meter, source topic and partition',
  partitioning: { by: 'day', of: (total) => total.day },
  cleanup: { policy: 'compact', lagDays: 0 },
  maxRecordBytes: MIB,
  judgedByTimestamps: false,
  schema: usageTotalAvro,
  public: true,
  writtenBy: ['meter'],
  readBy: ['attribute', 'postgres-sink'],
  doc: 'Absolute usage per day and key.',
};

export const costReports: Topic<CostReport> = {
  name: 'cost-reports.v1',
  key: (report) => parts(report.source, report.account, formatDay(report.day)),
  keyText: 'source, account, day',
  partitioning: { by: 'day', of: (report) => report.day },
  cleanup: { policy: 'compact', lagDays: 35 },
  maxRecordBytes: 4 * MIB + 64 * KIB,
  judgedByTimestamps: false,
  schema: costReportAvro,
  public: true,
  writtenBy: ['pollers', 'apportion send'],
  readBy: ['attribute', 'postgres-sink'],
  doc: 'All cost of a source, account and day.',
};

export const catalogs: Topic<CatalogRecord> = {
  name: 'catalog.v1',
  key: () => 'catalog',
  keyText: 'catalog',
  partitioning: { by: 'single' },
  cleanup: { policy: 'delete', retentionDays: 'unlimited' },
  maxRecordBytes: 8 * MIB,
  judgedByTimestamps: false,
  schema: catalogRecordAvro,
  public: false,
  writtenBy: ['apportion catalog apply'],
  readBy: ['attribute', 'postgres-sink', 'pollers'],
  doc: 'Tenants, products and rules as applied.',
};

export const checkpoints: Topic<Checkpoint> = {
  name: 'checkpoints.v1',
  key: (checkpoint) => checkpoint.poller,
  keyText: 'poller',
  partitioning: { by: 'single' },
  cleanup: { policy: 'compact', lagDays: 0 },
  maxRecordBytes: MIB,
  judgedByTimestamps: false,
  schema: checkpointAvro,
  public: false,
  writtenBy: ['pollers'],
  readBy: ['pollers'],
  doc: 'Where pollers go on.',
};

export const sourceStatuses: Topic<SourceStatus> = {
  name: 'source-status.v1',
  key: (status) => status.poller,
  keyText: 'poller',
  partitioning: { by: 'single' },
  cleanup: { policy: 'compact', lagDays: 0 },
  maxRecordBytes: MIB,
  judgedByTimestamps: false,
  schema: sourceStatusAvro,
  public: true,
  writtenBy: ['pollers'],
  readBy: ['postgres-sink', 'apportion sources'],
  doc: 'How each source fares.',
};

export const attributions: Topic<AttributionDocument> = {
  name: 'attributions.v1',
  key: (document) => parts(formatDay(document.day), document.tenant, document.currency),
  keyText: 'day, tenant, currency',
  partitioning: { by: 'text', of: (document) => document.tenant },
  cleanup: { policy: 'compact', lagDays: 35 },
  maxRecordBytes: 16 * MIB,
  judgedByTimestamps: false,
  schema: attributionDocumentAvro,
  public: true,
  writtenBy: ['attribute'],
  readBy: ['subscribers', 'postgres-sink'],
  doc: 'What each tenant costs on a day.',
};

export const statements: Topic<Statement> = {
  name: 'statements.v1',
  key: (statement) => parts(formatDay(statement.day), statement.currency),
  keyText: 'day, currency',
  partitioning: { by: 'day', of: (statement) => statement.day },
  cleanup: { policy: 'compact', lagDays: 35 },
  maxRecordBytes: 8 * MIB,
  judgedByTimestamps: false,
  schema: statementAvro,
  public: true,
  writtenBy: ['attribute'],
  readBy: ['postgres-sink', 'apportion verify'],
  doc: 'Proof that every unit of money is accounted for.',
};

export const deadLetters: Topic<DeadLetter> = {
  name: 'dead-letters.v1',
  key: (letter) => parts(letter.topic, letter.partition, letter.offset),
  keyText: 'topic, partition, offset of the original',
  partitioning: { by: 'origin', of: (letter) => letter.partition },
  cleanup: { policy: 'delete', retentionDays: 90 },
  maxRecordBytes: 17 * MIB,
  judgedByTimestamps: false,
  schema: deadLetterAvro,
  public: false,
  writtenBy: ['meter', 'attribute', 'postgres-sink'],
  readBy: ['meter', 'attribute', 'postgres-sink', 'apportion dead-letters', 'apportion verify'],
  doc: 'Records that could not be used, with their original bytes.',
};

export const topics: readonly Topic<never>[] = [
  calls,
  usage,
  usageTotals,
  costReports,
  catalogs,
  checkpoints,
  sourceStatuses,
  attributions,
  statements,
  deadLetters,
];
