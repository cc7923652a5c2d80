/** The real sink on a real database, fed by hand: a topic is a list of records, and an owner reads it from where it may. */
import { after } from 'node:test';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { createLocalCodec } from '../../../runtime/kafka/codec.ts';
import type { LetterWriter } from '../../../runtime/letter-writer.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { createPool } from '../../../runtime/postgres/pool.ts';
import type { Commits, InputRecord, Task, TaskId } from '../../../runtime/task.ts';
import type { DeadLetter } from '../../../schemas/dead-letter.ts';
import type { Topic } from '../../../schemas/topics.ts';
import { createPostgresCommits } from '../../../sinks/postgres/commits.ts';
import { migrateReporting } from '../../../sinks/postgres/migrate.ts';
import type { SinkRow } from '../../../sinks/postgres/rows.ts';
import { postgresSink } from '../../../sinks/postgres/sink.ts';
import { freshDatabase } from '../stack.ts';

export const silent = createLogger('silent');
const codec = createLocalCodec();

/** Some time after the days of the records. */
const LATER_MS = Date.parse('2026-11-20T12:00:00Z');

/** Where and how records are appended. */
interface At {
  readonly partition?: number;
  readonly timestampMs?: number;
  /** Of the record, where it is not the one of its value. */
  readonly key?: string;
}

export class SinkWorld {
  readonly databaseUrl: string;
  readonly pool: Pool;
  readonly letters: DeadLetter[] = [];
  readonly #topics = new Map<string, InputRecord[]>();
  readonly #owners = new Map<string, SinkOwner>();

  constructor(databaseUrl: string) {
    this.databaseUrl = databaseUrl;
    this.pool = this.connect(databaseUrl);
  }

  connect(databaseUrl: string): Pool {
    const pool = createPool({ databaseUrl, applicationName: 'test', logger: silent });
    after(() => pool.end());
    return pool;
  }

  /** Appends values to a partition. */
  append<T>(topic: Topic<T>, values: readonly T[], at: At = {}): void {
    for (const value of values)
      this.appendBytes(topic, codec.encode(topic, value), { ...at, key: at.key ?? topic.key(value) });
  }

  appendBytes(
    topic: { readonly name: string },
    value: Buffer | null,
    { partition = 0, timestampMs = LATER_MS, key = '' }: At = {},
  ): void {
    const records = this.records(topic.name, partition);
    const place = { topic: topic.name, partition, offset: records.length };
    records.push({ ...place, timestampMs, key: Buffer.from(key), value, headers: [] });
  }

  records(topic: string, partition: number): InputRecord[] {
    const name = `${topic}/${partition}`;
    const records = this.#topics.get(name) ?? [];
    this.#topics.set(name, records);
    return records;
  }

  /** Opens the partition anew, as a process of its own would. */
  async own<T>(topic: Topic<T>, partition = 0, pool = this.pool, logger = silent): Promise<SinkOwner> {
    const owner = new SinkOwner(this, this.#commits(pool, logger), {
      processor: postgresSink.name,
      topics: [topic.name],
      partition,
    });
    await owner.open();
    return owner;
  }

  /** Appends the values and has the partition's usual owner write them in one flush. */
  async write<T>(topic: Topic<T>, values: readonly T[], at: At = {}): Promise<void> {
    this.append(topic, values, at);
    await this.flush(topic, at.partition);
  }

  async flush<T>(topic: Topic<T>, partition = 0): Promise<void> {
    const name = `${topic.name}/${partition}`;
    const owner = this.#owners.get(name) ?? (await this.own(topic, partition));
    this.#owners.set(name, owner);
    await owner.commit();
  }

  #commits(pool: Pool, logger: Logger): Commits<SinkRow> {
    return createPostgresCommits({ pool, letters: this.#letterWriter(), logger });
  }

  /** Rows with numerics and dates as text, so that nothing is lost in between. */
  async rows(sql: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    const { rows } = await this.pool.query<Record<string, unknown>>(sql, [...values]);
    return rows;
  }

  #letterWriter(): LetterWriter {
    return {
      tell: async (_task, letters) => void this.letters.push(...letters),
      close: async () => {},
    };
  }
}

/** One owner of a partition: a task and what it knows. */
export class SinkOwner {
  readonly #world: SinkWorld;
  readonly #commits: Commits<SinkRow>;
  readonly #id: TaskId;
  #task: Task<SinkRow> | null = null;
  #position = 0;

  constructor(world: SinkWorld, commits: Commits<SinkRow>, id: TaskId) {
    this.#world = world;
    this.#commits = commits;
    this.#id = id;
  }

  async open(): Promise<void> {
    const committed = await this.#commits.open(this.#id);
    const topics = postgresSink.reads.filter(({ name }) => this.#id.topics.includes(name));
    this.#task = postgresSink.createTask({}, { partition: this.#id.partition, topics, codec });
    const [start] = this.#task.restore(committed).values();
    this.#position = start?.at === 'offset' ? start.offset : 0;
  }

  /** Folds all that has been appended and commits it. */
  async commit(): Promise<void> {
    const task = this.#task;
    const [topic = ''] = this.#id.topics;
    if (task === null) throw new Error('open first');
    for (const record of this.#world.records(topic, this.#id.partition).slice(this.#position)) {
      task.fold(record);
      this.#position = record.offset + 1;
    }
    const flush = task.flush(LATER_MS);
    if (flush !== null) await this.#commits.commit(this.#id, flush);
  }

  close(): Promise<void> {
    return this.#commits.close(this.#id);
  }
}

/** A migrated database of the test's own. */
export async function freshSink(): Promise<SinkWorld> {
  const world = new SinkWorld(await freshDatabase());
  await migrateReporting(world.pool, silent);
  return world;
}
