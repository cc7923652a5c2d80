import { setTimeout as sleep } from 'node:timers/promises';
import { initProducerIdV4 } from '@platformatic/kafka';
import { Backoff } from '../../retry.ts';
import type { OutgoingRecord, TopicRecords } from '../client.ts';
import { faultOf, REFUSED_FOR_NOW } from '../errors.ts';
import { REFUSED_LIMIT_MS, TRANSACTION_TIMEOUT_MS } from '../limits.ts';
import { partitionOfRoute } from '../partitioner.ts';
import { ask, type Cluster } from './cluster.ts';
import { encodeBatch } from './encode-batch.ts';
import { check, kafkaErrorOf, refusal } from './errors.ts';
import { type PartitionBatch, produceBatches } from './produce.ts';

/** As whom the broker knows a producer. */
export interface ProducerIdentity {
  readonly transactionalId: string | null;
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** With a transactional id: whoever had it before is refused from now on, and what it left open is aborted. */
export function takeIdentity(cluster: Cluster, transactionalId: string | null): Promise<ProducerIdentity> {
  return cluster.patiently(async () => {
    const broker =
      transactionalId === null ? await cluster.anyone() : await cluster.coordinator('transaction', transactionalId);
    const answer = await ask(broker, initProducerIdV4.api, transactionalId, TRANSACTION_TIMEOUT_MS);
    check(answer.errorCode);
    const { producerId, producerEpoch } = answer;
    return { transactionalId, producerId, producerEpoch };
  });
}

/** A batch that is being sent. */
interface Sending extends PartitionBatch {
  readonly count: number;
}

/**
 * Sends record batches, one request to a broker at a time, numbered in each partition, so that the broker takes none
 * twice. After an error nothing more can be sent: what has become of the numbers is not known.
 */
export class Sender {
  readonly #cluster: Cluster;
  readonly #identity: ProducerIdentity;
  /** The numbers of the next records, by `topic/partition`. */
  readonly #sequences = new Map<string, number>();
  #last: Promise<void> = Promise.resolve();

  constructor(cluster: Cluster, identity: ProducerIdentity) {
    this.#cluster = cluster;
    this.#identity = identity;
  }

  /** @param before is told the partitions, before anything is sent to them */
  send(records: readonly TopicRecords[], before: (to: readonly PartitionBatch[]) => Promise<void>): Promise<void> {
    // An error is every later caller's as well.
    this.#last = this.#last.then(async () => {
      const sending = await this.#batchesOf(records);
      await before(sending);
      await this.#sendAll(sending);
    });
    return this.#last;
  }

  async #batchesOf(records: readonly TopicRecords[]): Promise<Sending[]> {
    const nowMs = Date.now();
    const batches: Sending[] = [];
    for (const { topic, records: ofTopic } of records) {
      const { length } = await this.#cluster.patiently(() => this.#cluster.leadersOf(topic));
      for (const [partition, own] of byPartition(ofTopic, length)) {
        const origin = {
          ...this.#identity,
          sequence: this.#sequences.get(`${topic}/${partition}`) ?? 0,
          isTransactional: this.#identity.transactionalId !== null,
        };
        batches.push({ topic, partition, count: own.length, bytes: encodeBatch(own, origin, nowMs) });
      }
    }
    return batches;
  }

  /** What a broker has refused for now is sent again, as it was: it has the same numbers. */
  async #sendAll(batches: readonly Sending[]): Promise<void> {
    const endMs = performance.now() + REFUSED_LIMIT_MS;
    const backoff = new Backoff(20, 500);
    let left = batches;
    for (;;) {
      const refused = await this.#sendOnce(left);
      if (refused.length === 0) return;
      const [{ error } = { error: null }] = refused;
      if (performance.now() > endMs) throw error;
      left = refused.map(({ batch }) => batch);
      this.#cluster.forget();
      await sleep(backoff.nextMs());
    }
  }

  /** @throws KafkaError unless all were taken, or refused for now */
  async #sendOnce(batches: readonly Sending[]): Promise<{ batch: Sending; error: unknown }[]> {
    const byLeader = new Map<number, Sending[]>();
    for (const batch of batches) {
      const leaders = await this.#cluster.patiently(() => this.#cluster.leadersOf(batch.topic));
      const leader = leaders[batch.partition] ?? -1;
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), batch]);
    }
    const refused = await Promise.all([...byLeader].map(([leader, own]) => this.#sendTo(leader, own)));
    return refused.flat();
  }

  async #sendTo(leader: number, batches: readonly Sending[]): Promise<{ batch: Sending; error: unknown }[]> {
    const { transactionalId } = this.#identity;
    try {
      const node = await this.#cluster.node(leader);
      const answer = await ask(node, produceBatches, transactionalId, batches);
      const codes = new Map(
        answer.responses.flatMap(({ name, partitionResponses }) =>
          partitionResponses.map(({ index, errorCode }) => [`${name}/${index}`, errorCode] as const),
        ),
      );
      return batches.flatMap((batch) => {
        const code = codes.get(`${batch.topic}/${batch.partition}`) ?? 0;
        if (NOT_APPENDED.has(code)) return [{ batch, error: refusal(code) }];
        if (code !== DUPLICATE_SEQUENCE_NUMBER) check(code);
        this.#taken(batch);
        return [];
      });
    } catch (error) {
      // The broker knows by the numbers what it has taken already. In a transaction nothing is left to that: the late
      // half of a cut connection must not come into the next one.
      const isRepeated = transactionalId === null && kafkaErrorOf(error).protocolCode === null;
      if (!isRepeated || faultOf(error) !== 'transient') throw error;
      return batches.map((batch) => ({ batch, error }));
    }
  }

  #taken({ topic, partition, count }: Sending): void {
    const key = `${topic}/${partition}`;
    this.#sequences.set(key, ((this.#sequences.get(key) ?? 0) + count) % 2 ** 31);
  }
}

/** Repeats what the broker refuses for now, and nothing else: whatever has no answer may have happened. */
export async function insist(cluster: Cluster, action: () => Promise<void>): Promise<void> {
  const endMs = performance.now() + REFUSED_LIMIT_MS;
  const backoff = new Backoff(10, 100);
  for (;;) {
    try {
      await action();
      return;
    } catch (error) {
      const failure = kafkaErrorOf(error);
      const { protocolCode } = failure;
      if (protocolCode === null || !REFUSED_FOR_NOW.has(protocolCode) || performance.now() > endMs) throw failure;
      if (protocolCode !== CONCURRENT_TRANSACTIONS) cluster.forget();
      await sleep(backoff.nextMs());
    }
  }
}

function byPartition(records: readonly OutgoingRecord[], partitions: number): ReadonlyMap<number, OutgoingRecord[]> {
  return Map.groupBy(records, ({ route }) => partitionOfRoute(route, partitions));
}

/** Answers that say that the partition has not taken the batch. */
const NOT_APPENDED: ReadonlySet<number> = new Set([
  3, // UNKNOWN_TOPIC_OR_PARTITION
  5, // LEADER_NOT_AVAILABLE
  6, // NOT_LEADER_OR_FOLLOWER
  19, // NOT_ENOUGH_REPLICAS
]);

/** The broker has it already. */
const DUPLICATE_SEQUENCE_NUMBER = 46;
const CONCURRENT_TRANSACTIONS = 51;
