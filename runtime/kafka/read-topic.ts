import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApportionError } from '../errors.ts';
import { Backoff } from '../retry.ts';
import type { InputRecord } from '../task.ts';
import type { Assigner, Delivery, Extent, KafkaAdmin, KafkaClient } from './client.ts';
import { faultOf } from './errors.ts';

/** No record and no marker for this long means that the broker does not deliver. */
const SILENCE_LIMIT_MS = 60_000;

/**
 * Reads a topic from its beginning to the ends it had at the call, committed records only, each partition in order.
 * It leaves nothing behind: its consumer group has a name of its own and is deleted at the end.
 *
 * @param name the topic with its prefix
 * @param onRecord takes each record; `topic` is the name as given
 * @throws ApportionError `topic_silent` when the broker delivers nothing for a minute before the end is reached.
 */
export async function readTopic(
  kafka: KafkaClient,
  name: string,
  onRecord: (record: InputRecord) => void | Promise<void>,
): Promise<void> {
  const extents = await askAdmin(kafka, (admin) => admin.extents(name));
  await readPartitions(kafka, name, extents, onRecord);
}

/**
 * Reads parts of partitions as `readTopic` reads all of them.
 *
 * @param signal ends the reading, which then rejects with its reason
 */
export async function readPartitions(
  kafka: KafkaClient,
  name: string,
  extents: ReadonlyMap<number, Extent>,
  onRecord: (record: InputRecord) => void | Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const filled = new Map([...extents].filter(([, { low, end }]) => low < end));
  if (filled.size === 0) return;
  const groupId = `${name}.read.${randomUUID()}`;
  const reading = new Reading(name, filled, onRecord, signal);
  const backoff = new Backoff(50, 2_000);
  try {
    while (!reading.signal.aborted) {
      const member = kafka.member({
        groupId,
        topics: [name],
        assigner: everything(name, [...filled.keys()]),
        sessionTimeoutMs: SESSION_TIMEOUT_MS,
        partitionBytes: PARTITION_BYTES,
        joined: () => member.point(reading.wanted()),
        take: (delivery) => reading.take(delivery),
      });
      try {
        await member.run(reading.signal);
      } catch (error) {
        if (!reading.signal.aborted && faultOf(error) === 'fatal') throw error;
      } finally {
        await member.close();
      }
      // A member that failed is replaced by another, which goes on where it was.
      if (!reading.signal.aborted) await sleep(backoff.nextMs());
    }
    if (reading.signal.reason !== FINISHED) throw reading.signal.reason;
  } finally {
    reading.end();
    // What was read is read: the broker itself forgets a group that has no members and no positions.
    await askAdmin(kafka, (admin) => admin.deleteGroups([groupId])).catch(() => {});
  }
}

async function askAdmin<T>(kafka: KafkaClient, question: (admin: KafkaAdmin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  try {
    return await question(admin);
  } finally {
    await admin.close();
  }
}

const FINISHED = new Error('the topic is read');
const SESSION_TIMEOUT_MS = 30_000;
const PARTITION_BYTES = 32 * 1024 * 1024;

/** How far a topic is read. Its signal is aborted when all is read, or with what has ended the reading before. */
class Reading {
  readonly #name: string;
  readonly #onRecord: (record: InputRecord) => void | Promise<void>;
  readonly #over = new AbortController();
  readonly signal: AbortSignal;
  /** By partition, of those that are not read to their end. */
  readonly #left: Map<number, { position: number; readonly end: number }>;
  #silence: NodeJS.Timeout | undefined;
  #taking: Promise<void> = Promise.resolve();

  constructor(
    name: string,
    extents: ReadonlyMap<number, Extent>,
    onRecord: (record: InputRecord) => void | Promise<void>,
    signal: AbortSignal | undefined,
  ) {
    this.#name = name;
    this.#onRecord = onRecord;
    this.signal = signal === undefined ? this.#over.signal : AbortSignal.any([signal, this.#over.signal]);
    this.#left = new Map([...extents].map(([partition, { low, end }]) => [partition, { position: low, end }]));
    this.#listen();
  }

  wanted(): ReadonlyMap<string, number> {
    return new Map([...this.#left].map(([partition, { position }]) => [`${this.#name}/${partition}`, position]));
  }

  /**
   * One after the other: what a member was given before it failed is still being taken when the next one, which goes on
   * where this stands, is given the same.
   */
  take(delivery: Delivery): Promise<void> {
    this.#taking = this.#taking.then(() => this.#take(delivery));
    return this.#taking;
  }

  end(): void {
    clearTimeout(this.#silence);
  }

  async #take(delivery: Delivery): Promise<void> {
    if (this.signal.aborted) return;
    try {
      await this.#deliver(delivery);
    } catch (error) {
      this.#over.abort(error);
    }
    if (this.#left.size === 0) this.#over.abort(FINISHED);
  }

  async #deliver(delivery: Delivery): Promise<void> {
    this.#listen();
    const reached = this.#left.get(delivery.partition);
    if (reached === undefined || delivery.from > reached.position || delivery.next <= reached.position) return;
    for (let index = 0; index < delivery.count; index++) {
      const offset = delivery.offsetAt(index);
      if (offset < reached.position) continue;
      if (offset >= reached.end) break;
      await this.#onRecord(recordAt(this.#name, delivery, index));
    }
    reached.position = delivery.next;
    if (reached.position >= reached.end) this.#left.delete(delivery.partition);
  }

  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#over.abort(silent(this.#name, [...this.#left.keys()])), SILENCE_LIMIT_MS);
  }
}

/** Of a group with one member. */
function everything(topic: string, partitions: readonly number[]): Assigner {
  return {
    name: 'apportion-reader',
    userData: () => Buffer.alloc(0),
    assign: (members) => new Map(members.map(({ memberId }) => [memberId, { [topic]: partitions }])),
  };
}

/** Whole, for readers keep and copy it. */
function recordAt(topic: string, delivery: Delivery, index: number): InputRecord {
  return {
    topic,
    partition: delivery.partition,
    offset: delivery.offsetAt(index),
    timestampMs: delivery.timestampMsAt(index),
    key: delivery.keyAt(index),
    value: delivery.valueAt(index),
    headers: delivery.headersAt(index),
  };
}

function silent(name: string, partitions: readonly number[]): ApportionError {
  return new ApportionError(
    'topic_silent',
    `The broker delivered nothing of ${name} for ${SILENCE_LIMIT_MS / 1000} s; partitions ${partitions.join(', ')} are not read to their end.`,
    'See whether the broker answers, and whether a transaction on the topic is left open.',
  );
}
