/** For tests: a task of `attribute` with its logs, driven step by step. */
import { canonicalCatalogText, parseCatalog } from '../../../attribution/parse-catalog.ts';
import { createLocalCodec } from '../../../runtime/kafka/codec.ts';
import { type Committed, type InputRecord, output, type Task, Undecodable } from '../../../runtime/task.ts';
import type { AttributionDocument } from '../../../schemas/attribution-document.ts';
import type { CatalogRecord, Promotion } from '../../../schemas/catalog-record.ts';
import type { CostLine, CostReport } from '../../../schemas/cost-report.ts';
import { parseDay } from '../../../schemas/day.ts';
import type { DeadLetter } from '../../../schemas/dead-letter.ts';
import type { Amount, Day } from '../../../schemas/scalars.ts';
import type { Statement } from '../../../schemas/statement.ts';
import {
  attributions,
  catalogs,
  costReports,
  deadLetters,
  statements,
  type Topic,
  usageTotals,
} from '../../../schemas/topics.ts';
import type { UsageTotal } from '../../../schemas/usage-total.ts';
import { attribute } from '../../attribute.ts';
import type { AttributeConfig } from '../attribute-task.ts';

export const codec = createLocalCodec();

/** Noon of the day that most tests are about. */
export const NOON_MS = Date.parse('2026-03-10T12:00:00Z');

const CONFIG: AttributeConfig = {
  horizonDays: 400,
  openDayIntervalMs: 1000,
  openDayLinesPerSecond: 5000,
  clockMs: () => 0,
};

/** What a flush gave. */
export interface Flushed {
  readonly documents: AttributionDocument[];
  readonly statements: Statement[];
  readonly letters: DeadLetter[];
  readonly committed: ReadonlyMap<string, Committed>;
}

export class TaskOnLogs {
  readonly config: { -readonly [Key in keyof AttributeConfig]: AttributeConfig[Key] };
  readonly logs = new Map<string, InputRecord[]>([costReports, usageTotals, catalogs].map(({ name }) => [name, []]));
  committed: ReadonlyMap<string, Committed> = new Map();
  task: Task;
  #read = new Map<string, number>();

  constructor(config: Partial<AttributeConfig> = {}) {
    this.config = { ...CONFIG, ...config };
    this.task = this.#open();
  }

  /** Appends the value to its topic. Gives its offset. */
  append<T>(topic: Topic<T>, value: T, timestampMs = NOON_MS): number {
    const record = output(codec, topic, value);
    return this.appendBytes(topic.name, { key: Buffer.from(record.key), value: record.value, timestampMs });
  }

  appendBytes(topic: string, bytes: Partial<InputRecord>): number {
    const log = this.logOf(topic);
    const offset = log.length;
    log.push({ topic, partition: 0, offset, timestampMs: NOON_MS, key: null, value: null, headers: [], ...bytes });
    return offset;
  }

  /** Folds what has not been folded: catalogs, then reports, then totals. */
  fold(): this {
    for (const topic of [catalogs.name, costReports.name, usageTotals.name]) {
      const log = this.logOf(topic);
      for (const record of log.slice(this.#read.get(topic) ?? 0)) this.task.fold(record);
      this.#read.set(topic, log.length);
      this.task.advance(topic, log.length);
    }
    return this;
  }

  /** Folds and flushes. What was flushed is committed unless `isLost`. Null when there was nothing. */
  flush(nowMs = NOON_MS, isLost = false): Flushed | null {
    const flush = this.fold().task.flush(nowMs);
    if (flush === null) return null;
    if (!isLost) this.committed = flush.committed;
    const read = <T>(topic: Topic<T>): T[] =>
      flush.records.filter((record) => (record.topic as unknown) === topic).map(({ value }) => decoded(topic, value));
    return {
      documents: read(attributions),
      statements: read(statements),
      letters: read(deadLetters),
      committed: flush.committed,
    };
  }

  /** Another owner takes over what was committed. */
  restart(): this {
    this.#read = new Map();
    this.task = this.#open();
    return this;
  }

  offsetOf(topic: { readonly name: string }): number | undefined {
    return this.committed.get(topic.name)?.offset;
  }

  logOf(topic: string): InputRecord[] {
    const log = this.logs.get(topic);
    if (log === undefined) throw new Error(`${topic} is no input`);
    return log;
  }

  #open(): Task {
    const task = attribute.createTask(this.config, { partition: 0, topics: attribute.reads, codec });
    const ends = new Map([...this.logs].map(([topic, log]) => [topic, log.length]));
    task.restore(this.committed, ends);
    return task;
  }
}

export function day(text: string): Day {
  const parsed = parseDay(text);
  if (parsed === null) throw new Error(`${text} is no day`);
  return parsed;
}

/** A report of one line for each namespace, whole units of the currency by namespace. */
export function report(namespaces: Record<string, number>, facts: Partial<CostReport> = {}): CostReport {
  const lines = Object.entries(namespaces).map(([namespace, units]) => line(namespace, units));
  const observedAt = NOON_MS;
  const head = { source: 'cast-ai', account: 'prod', day: day('2026-03-09'), currency: 'USD' };
  return { ...head, observedAt, status: 'final', lines, ...facts };
}

function line(namespace: string, units: number): CostLine {
  const amount = (BigInt(units) * 10n ** 12n) as Amount;
  const labels = { service: '', cluster: 'c1', namespace, region: '', resource: '', subAccount: '' };
  return { ...labels, category: 'Usage', billed: amount, effective: amount, tags: {} };
}

export function total(tenant: string, quantity: bigint, facts: Partial<UsageTotal> = {}): UsageTotal {
  return {
    day: day('2026-03-09'),
    cluster: 'c1',
    namespace: 'shared',
    tenant,
    product: '',
    meter: 'call_duration',
    topic: 'calls.v1',
    partition: 0,
    identity: '',
    refusedMeter: '',
    quantity,
    callCount: 1,
    duplicates: 0,
    conflicting: 0,
    late: 0,
    through: 0,
    ...facts,
  };
}

/** Tenants a and b; namespaces of that name are theirs, `shared` is split by call duration, all else stays. */
export function catalog(facts: object = {}, promotions: readonly Promotion[] = []): CatalogRecord {
  const parsed = parseCatalog({
    version: 1,
    currency: 'USD',
    tenants: [
      { id: 'a', name: 'A' },
      { id: 'b', name: 'B' },
    ],
    rules: [
      { id: 'a', match: { namespace: 'a' }, assign: { tenant: 'a' } },
      { id: 'b', match: { namespace: 'b' }, assign: { tenant: 'b' } },
      {
        id: 'shared',
        match: { namespace: 'shared' },
        split: { by: 'usage', meter: 'call_duration', scope: 'namespace' },
      },
    ],
    ...facts,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return { document: canonicalCatalogText(parsed.catalog), digest: '', appliedAt: NOON_MS, promotions };
}

function decoded<T>(topic: Topic<T>, value: Buffer): T {
  const result = codec.decode(topic, value);
  if (result instanceof Undecodable) throw new Error(result.detail);
  return result;
}
