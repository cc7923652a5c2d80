import type { Pool, PoolClient } from 'pg';
import type { Logger } from 'pino';
import { faultOf } from '../../runtime/kafka/errors.ts';
import type { LetterWriter } from '../../runtime/letter-writer.ts';
import { retryWhileAway } from '../../runtime/postgres/retry.ts';
import { inTransaction } from '../../runtime/postgres/transaction.ts';
import type { Commits, Committed, Flush, TaskId } from '../../runtime/task.ts';
import type { DeadLetter } from '../../schemas/dead-letter.ts';
import { sinkClosed, sinkFenced } from './errors.ts';
import { MonthPartitions } from './month-partitions.ts';
import type { SinkRow } from './rows.ts';
import { moveOffset } from './statements/move-offset.sql.ts';
import { takeOver } from './statements/take-over.sql.ts';
import { ensurePartitions, writeRows } from './write-rows.ts';

export interface PostgresCommitsOptions {
  readonly pool: Pool;
  readonly letters: LetterWriter;
  readonly logger: Logger;
}

/**
 * Makes rows and offset durable in one Postgres transaction. While Postgres is away, `open` and `commit` wait for it,
 * until the task is closed. Throws `TaskLost` when another owner has the partition or the connection was lost around
 * COMMIT, and `postgres_refused` for what no waiting repairs.
 */
export function createPostgresCommits(options: PostgresCommitsOptions): Commits<SinkRow> {
  return new PostgresCommits(options);
}

/** What an owner knows of a partition. The database must agree before it writes. */
interface Ownership {
  readonly epoch: string;
  nextOffset: number | null;
}

/** Columns of type bigint come as text. */
interface HeldOffset {
  readonly epoch: string;
  readonly next_offset: string | null;
}

class PostgresCommits implements Commits<SinkRow> {
  readonly toBeginAnew = 'set next_offset of its rows in the table sink_offset to null';
  readonly #pool: Pool;
  readonly #letters: LetterWriter;
  readonly #logger: Logger;
  readonly #partitions: MonthPartitions;
  readonly #owned = new Map<string, Ownership>();
  /** Of the tasks that are open or being opened: ends their waiting. */
  readonly #closing = new Map<string, AbortController>();

  constructor({ pool, letters, logger }: PostgresCommitsOptions) {
    this.#pool = pool;
    this.#letters = letters;
    this.#logger = logger;
    this.#partitions = new MonthPartitions(pool);
  }

  async open(task: TaskId): Promise<ReadonlyMap<string, Committed>> {
    const topic = topicOf(task);
    const name = nameOf(task);
    await this.close(task);
    const closing = new AbortController();
    this.#closing.set(name, closing);
    const held = await this.#whileAway(`take over ${name}`, closing.signal, () => this.#takeOver(task));
    const nextOffset = held.next_offset === null ? null : Number(held.next_offset);
    this.#owned.set(name, { epoch: held.epoch, nextOffset });
    return nextOffset === null ? new Map() : new Map([[topic, { offset: nextOffset, metadata: '' }]]);
  }

  async commit(task: TaskId, flush: Flush<SinkRow>): Promise<void> {
    const owned = this.#owned.get(nameOf(task));
    const closing = this.#closing.get(nameOf(task));
    const end = flush.committed.get(topicOf(task))?.offset;
    if (owned === undefined || closing === undefined) throw sinkFenced(nameOf(task));
    if (end === undefined) throw new Error('a flush of the sink moves the offset of its topic');
    const letters = flush.records.flatMap((row) => (row.kind === 'deadLetter' ? [row.letter] : []));
    // Before the offset moves past them: who then comes to them again is told that they stand.
    if (letters.length > 0) await this.#tell(task, letters, closing.signal);
    try {
      await this.#whileAway(`write ${nameOf(task)}`, closing.signal, () => this.#write(task, flush, owned, end));
      owned.nextOffset = end;
    } catch (error) {
      this.#partitions.forget();
      throw error;
    }
  }

  async close(task: TaskId): Promise<void> {
    this.#closing.get(nameOf(task))?.abort(sinkClosed(nameOf(task)));
    this.#closing.delete(nameOf(task));
    this.#owned.delete(nameOf(task));
    await this.#letters.close(task);
  }

  async #takeOver(task: TaskId): Promise<HeldOffset> {
    const { rows } = await this.#pool.query<HeldOffset>(takeOver, [topicOf(task), task.partition]);
    const [held] = rows;
    if (held === undefined) throw new Error('taking over gives a row');
    return held;
  }

  async #write(task: TaskId, flush: Flush<SinkRow>, owned: Ownership, end: number): Promise<void> {
    await ensurePartitions(this.#partitions, flush.records);
    await inTransaction(this.#pool, async (client) => {
      await move(client, task, owned, end);
      await writeRows(client, flush.records);
    });
  }

  async #tell(task: TaskId, letters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
    try {
      await this.#letters.tell(task, letters, signal);
    } catch (error) {
      throw faultOf(error) === 'fenced' ? sinkFenced(nameOf(task)) : error;
    }
  }

  #whileAway<T>(what: string, signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
    return retryWhileAway(what, { logger: this.#logger, signal }, attempt);
  }
}

/** First in the transaction: it locks the partition's row, so that nobody takes over until the outcome is certain. */
async function move(client: PoolClient, task: TaskId, owned: Ownership, end: number): Promise<void> {
  const { rowCount } = await client.query({
    ...moveOffset,
    values: [topicOf(task), task.partition, owned.epoch, owned.nextOffset, end],
  });
  if (rowCount !== 1) throw sinkFenced(nameOf(task));
}

function topicOf(task: TaskId): string {
  const [topic] = task.topics;
  if (topic === undefined || task.topics.length !== 1) throw new Error('a sink task has one topic');
  return topic;
}

function nameOf(task: TaskId): string {
  return `${topicOf(task)}/${task.partition}`;
}
