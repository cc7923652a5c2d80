import type { Logger } from 'pino';
import { type Outage, retry } from '../retry.ts';
import type { Commits, Committed, Flush, OutputRecord, TaskId } from '../task.ts';
import { TaskLost } from '../task-lost.ts';
import { sendsOf } from './batches.ts';
import type { KafkaAdmin, KafkaClient, TransactionalProducer } from './client.ts';
import type { PreparedCodec } from './codec.ts';
import { ConfirmedPositions } from './confirmed-positions.ts';
import { faultOf, isKafkaAway } from './errors.ts';
import { taskName, transactionalId } from './task-id.ts';
import { ToldLetters } from './told-letters.ts';
import type { TopicNames } from './topic-names.ts';

export interface TransactionsOptions {
  readonly kafka: KafkaClient;
  /** Asked for committed positions. */
  readonly admin: KafkaAdmin;
  readonly codec: PreparedCodec;
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

class Transactions implements Commits<OutputRecord> {
  readonly inGroup = true;
  readonly toBeginAnew = 'delete its consumer group (kafka-consumer-groups --delete --group NAME)';
  readonly #options: TransactionsOptions;
  readonly #confirmed: ConfirmedPositions;
  readonly #letters: ToldLetters;
  readonly #producers = new Map<string, TransactionalProducer>();
  /** Of the tasks that are being opened or are open: ends their waiting. */
  readonly #closing = new Map<string, AbortController>();

  constructor(options: TransactionsOptions) {
    this.#options = options;
    this.#confirmed = new ConfirmedPositions(options.logger);
    this.#letters = new ToldLetters(options);
  }

  async open(task: TaskId): Promise<ReadonlyMap<string, Committed>> {
    const { logger, admin, prefix, names, outage: what = 'Kafka' } = this.#options;
    const name = taskName(task);
    await this.close(task);
    const closing = new AbortController();
    this.#closing.set(name, closing);
    const { signal } = closing;
    try {
      return await retry({ what, isTransient: isKafkaAway, logger, signal }, async () => {
        // In this order: what an earlier owner has committed by now is seen, and it can commit no more.
        const producer = await this.#takeOver(task);
        if (signal.aborted) await producer.discard();
        signal.throwIfAborted();
        this.#producers.set(name, producer);
        const topics = task.topics.map((topic) => names.of(topic));
        const answer = await admin.committed(prefix + task.processor, topics);
        const committed = new Map<string, Committed>();
        for (const topic of task.topics) {
          const positions = answer.get(names.of(topic)) ?? new Map<number, Committed>();
          const own = this.#confirmed.positionOf(topic, task.partition, positions);
          if (own !== undefined) committed.set(topic, own);
          if (!this.#confirmed.isLatest(topic, task.partition, own)) this.#letters.forget(task);
        }
        return committed;
      });
    } catch (error) {
      throw signal.aborted ? closedWhileOpening(name) : error;
    }
  }

  async commit(task: TaskId, flush: Flush): Promise<void> {
    const name = taskName(task);
    const producer = this.#producers.get(name);
    const signal = this.#closing.get(name)?.signal;
    if (producer === undefined || signal === undefined) throw fenced(name, undefined);
    try {
      await this.#write(producer, task, flush, await this.#letters.untoldRecords(task, flush.records, signal));
      await producer.commit();
      for (const [topic, position] of flush.committed) this.#confirmed.confirm(topic, task.partition, position);
    } catch (error) {
      this.#producers.delete(name);
      await producer.discard();
      throw lost(name, error);
    }
  }

  async close(task: TaskId): Promise<void> {
    const name = taskName(task);
    this.#closing.get(name)?.abort();
    this.#closing.delete(name);
    const producer = this.#producers.get(name);
    this.#producers.delete(name);
    await producer?.discard();
  }

  async #takeOver(task: TaskId): Promise<TransactionalProducer> {
    await this.#producers.get(taskName(task))?.discard();
    const { kafka, prefix } = this.#options;
    return kafka.transactionalProducer(transactionalId(prefix, task));
  }

  async #write(
    producer: TransactionalProducer,
    task: TaskId,
    { committed }: Flush,
    records: readonly OutputRecord[],
  ): Promise<void> {
    const { prefix, names } = this.#options;
    for (const sent of sendsOf(prefix, records)) await producer.send(sent);
    const positions = [...committed].map(([topic, { offset, metadata }]) => {
      return { topic: names.of(topic), partition: task.partition, position: offset, metadata };
    });
    await producer.sendPositions(prefix + task.processor, positions);
  }
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
