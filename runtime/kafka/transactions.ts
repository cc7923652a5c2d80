import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Kafka, Producer, Transaction } from 'kafkajs';
import type { Logger } from 'pino';
import { Backoff, type Outage, retry } from '../retry.ts';
import type { Commits, Committed, Flush, OutputRecord, TaskId } from '../task.ts';
import { TaskLost } from '../task-lost.ts';
import { sendsOf } from './batches.ts';
import { faultOf } from './errors.ts';
import { committedPositions } from './positions.ts';
import { transactionalProducer } from './producers.ts';
import { taskName, transactionalId } from './task-id.ts';
import type { TopicNames } from './topic-names.ts';

export interface TransactionsOptions {
  readonly kafka: Kafka;
  /** Connected. Asked for committed positions. */
  readonly admin: Admin;
  /** Prefix of outputs, groups and transactional ids. */
  readonly prefix: string;
  /** What the inputs are called. */
  readonly names: TopicNames;
  readonly logger: Logger;
  /** Tells when Kafka is away: shared by all that a process does with it, so that it is told once. */
  readonly outage?: Outage;
}

/**
 * Outputs and positions in one Kafka transaction per flush, with one producer per task. Opening a task makes a new
 * producer under the task's transactional id, so that the broker refuses all others from then on. A producer is used
 * until the first error: then it is thrown away and `TaskLost` says that the task must be opened anew.
 *
 * A flush without records is a transaction of positions alone: committing them outside of one would not be fenced.
 */
export function createTransactions(options: TransactionsOptions): Commits<OutputRecord> {
  return new Transactions(options);
}

interface Owner {
  readonly producer: Producer;
  /** Begun, nothing sent: beginning is what fences. Null while one is being committed. */
  transaction: Transaction | null;
}

class Transactions implements Commits<OutputRecord> {
  readonly inGroup = true;
  readonly #options: TransactionsOptions;
  readonly #owners = new Map<string, Owner>();
  /** Of the tasks that are being opened or are open: ends their waiting. */
  readonly #closing = new Map<string, AbortController>();

  constructor(options: TransactionsOptions) {
    this.#options = options;
  }

  async open(task: TaskId): Promise<ReadonlyMap<string, Committed>> {
    const { logger, admin, prefix, names, outage: what = 'Kafka' } = this.#options;
    const name = taskName(task);
    await this.close(task);
    const closing = new AbortController();
    this.#closing.set(name, closing);
    const { signal } = closing;
    const isTransient = (error: unknown): boolean => faultOf(error) === 'transient';
    try {
      return await retry({ what, isTransient, logger, signal }, async () => {
        // In this order: what an earlier owner has committed by now is seen, and it can commit no more.
        const owner = await this.#takeOver(task);
        if (signal.aborted) await owner.producer.disconnect();
        signal.throwIfAborted();
        this.#owners.set(name, owner);
        const topics = task.topics.map((topic) => names.of(topic));
        const committed = await committedPositions(admin, prefix + task.processor, topics, task.partition);
        return new Map([...committed].map(([topic, position]) => [names.topicOf(topic), position]));
      });
    } catch (error) {
      throw signal.aborted ? closedWhileOpening(name) : error;
    }
  }

  async commit(task: TaskId, flush: Flush): Promise<void> {
    const name = taskName(task);
    const owner = this.#owners.get(name);
    if (owner === undefined) throw fenced(name, undefined);
    let transaction: Transaction | null = null;
    try {
      transaction = owner.transaction ?? (await owner.producer.transaction());
      owner.transaction = null;
      await this.#write(transaction, task, flush);
      await transaction.commit();
      owner.transaction = await owner.producer.transaction();
    } catch (error) {
      this.#owners.delete(name);
      await discard(owner, transaction);
      throw lost(name, error);
    }
  }

  async close(task: TaskId): Promise<void> {
    const name = taskName(task);
    this.#closing.get(name)?.abort();
    this.#closing.delete(name);
    const owner = this.#owners.get(name);
    this.#owners.delete(name);
    if (owner !== undefined) await discard(owner, null);
  }

  async #takeOver(task: TaskId): Promise<Owner> {
    const earlier = this.#owners.get(taskName(task));
    if (earlier !== undefined) await discard(earlier, null);
    const { kafka, prefix } = this.#options;
    const producer = transactionalProducer(kafka, transactionalId(prefix, task));
    try {
      await producer.connect();
      return { producer, transaction: await producer.transaction() };
    } catch (error) {
      await producer.disconnect().catch(() => {});
      throw error;
    }
  }

  async #write(transaction: Transaction, task: TaskId, flush: Flush): Promise<void> {
    const { prefix, names } = this.#options;
    for (const topicMessages of sendsOf(prefix, flush.records))
      await transaction.sendBatch({ acks: -1, topicMessages });
    const topics = [...flush.committed].map(([topic, { offset, metadata }]) => ({
      topic: names.of(topic),
      partitions: [{ partition: task.partition, offset: String(offset), metadata }],
    }));
    await sendOffsets(transaction, prefix + task.processor, topics);
  }
}

/** Answers after which nothing has happened, so that the same request may be sent again in the same transaction. */
const REFUSED_FOR_NOW: readonly unknown[] = [
  14, // COORDINATOR_LOAD_IN_PROGRESS
  15, // COORDINATOR_NOT_AVAILABLE
  16, // NOT_COORDINATOR
  51, // CONCURRENT_TRANSACTIONS
];

const SEND_OFFSETS_LIMIT_MS = 10_000;

type TopicOffsets = { topic: string; partitions: { partition: number; offset: string; metadata: string }[] }[];

/** kafkajs does not repeat this request when the transaction before is not yet ended everywhere, so this does. */
async function sendOffsets(transaction: Transaction, consumerGroupId: string, topics: TopicOffsets): Promise<void> {
  const endMs = performance.now() + SEND_OFFSETS_LIMIT_MS;
  const backoff = new Backoff(10, 100);
  for (;;) {
    try {
      await transaction.sendOffsets({ consumerGroupId, topics });
      return;
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (!REFUSED_FOR_NOW.includes(code) || performance.now() > endMs) throw error;
      await sleep(backoff.nextMs());
    }
  }
}

const DISCARD_LIMIT_MS = 5_000;

/** Ends the transaction where that is still possible, since readers wait for its end; else the broker does, in time. */
async function discard({ producer }: Owner, transaction: Transaction | null): Promise<void> {
  const done = (async () => {
    if (transaction?.isActive()) await transaction.abort();
  })()
    .catch(() => {})
    .then(() => producer.disconnect())
    .catch(() => {});
  await Promise.race([done, sleep(DISCARD_LIMIT_MS, undefined, { ref: false })]);
}

/** Errors that are no one's fault as `TaskLost`, all others as they are. */
function lost(name: string, error: unknown): unknown {
  switch (faultOf(error)) {
    case 'fenced':
      return fenced(name, error);
    case 'transient':
      return new TaskLost(
        'unknown',
        `The broker did not confirm a transaction of ${name}: ${error instanceof Error ? error.message : String(error)}`,
        'Nothing to do: what is committed is read again before anything is written.',
        { cause: error },
      );
    default:
      return error;
  }
}

function fenced(name: string, cause: unknown): TaskLost {
  return new TaskLost(
    'fenced',
    `Another owner has taken over ${name}, or the broker has ended its transaction.`,
    'Nothing to do: whoever owns it goes on from what is committed.',
    { cause },
  );
}

function closedWhileOpening(name: string): TaskLost {
  return new TaskLost(
    'unknown',
    `${name} was given up while it was being opened.`,
    'Nothing to do: whoever opens it next goes on from what is committed.',
  );
}
