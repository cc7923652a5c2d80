import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { Consumer, ConsumerConfig, EachBatchPayload, Kafka } from 'kafkajs';
import { untilAborted } from '../../until-aborted.ts';
import type { Assignment, GroupMember, GroupPosition, MemberOptions } from '../client.ts';
import { FETCH_BYTES, FETCH_WAIT_MS, HEARTBEATS_PER_SESSION, LEAVE_LIMIT_MS } from '../limits.ts';
import { kafkajsAssigner } from './assigner.ts';
import { emptyDelivery, KafkajsDelivery } from './delivery.ts';
import { kafkaErrorOf } from './errors.ts';
import { keepAlive } from './keep-alive.ts';

/** A consumer of kafkajs, which is told where to read and hands over what it has read. */
export class KafkajsMember implements GroupMember {
  readonly #options: MemberOptions;
  readonly #consumer: Consumer;
  readonly #failure = Promise.withResolvers<never>();
  #assignment: Assignment = {};

  constructor(kafka: Kafka, options: MemberOptions) {
    this.#options = options;
    this.#consumer = kafka.consumer(configOf(options));
    this.#failure.promise.catch(() => {});
  }

  async run(signal: AbortSignal): Promise<never> {
    const consumer = this.#consumer;
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.#assignment = {};
      this.#failure.reject(kafkaErrorOf(payload.error));
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.#assignment = payload.memberAssignment;
      this.#options.joined({ memberId: payload.memberId, assignment: payload.memberAssignment });
    });
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => this.#takeEmpty(payload));
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...this.#options.topics] });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: (payload) => this.#takeBatch(payload),
      });
    } catch (error) {
      throw kafkaErrorOf(error);
    }
    return untilAborted(signal, this.#failure.promise);
  }

  point(wanted: ReadonlyMap<string, number>): void {
    for (const [topic, partitions] of Object.entries(this.#assignment)) {
      for (const partition of partitions) {
        const position = wanted.get(`${topic}/${partition}`);
        if (position === undefined) {
          this.#consumer.pause([{ topic, partitions: [partition] }]);
        } else {
          this.seek(topic, partition, position);
          this.#consumer.resume([{ topic, partitions: [partition] }]);
        }
      }
    }
  }

  seek(topic: string, partition: number, position: number): void {
    this.#consumer.seek({ topic, partition, offset: String(position) });
  }

  commitHint(positions: readonly GroupPosition[]): void {
    if (Object.keys(this.#assignment).length === 0) return;
    const offsets = positions.map(({ position, ...place }) => ({ ...place, offset: String(position) }));
    this.#consumer.commitOffsets(offsets).catch(() => {});
  }

  async close(): Promise<void> {
    const limit = sleep(LEAVE_LIMIT_MS, undefined, { ref: false });
    await Promise.race([this.#consumer.disconnect().catch(() => {}), limit]);
  }

  async #takeBatch({ batch, heartbeat, resolveOffset, isStale }: EachBatchPayload): Promise<void> {
    if (isStale()) return;
    const taken = this.#options.take(new KafkajsDelivery(batch));
    if (taken !== undefined) await keepAlive(taken, heartbeat);
    resolveOffset(batch.lastOffset());
    // Batches of one fetch follow one another without a turn of the event loop, which commits and timers need.
    await turn();
  }

  /** kafkajs hands over no batch that has only markers or aborted records, but says where it ended. */
  #takeEmpty(payload: { topic: string; partition: number; batchSize: number; lastOffset: string }): void {
    if (payload.batchSize > 0) return;
    const { fetchedOffset } = payload as unknown as { fetchedOffset: string };
    const next = Number(payload.lastOffset) + 1;
    void this.#options.take(emptyDelivery(payload.topic, payload.partition, Number(fetchedOffset), next));
  }
}

function configOf(options: MemberOptions): ConsumerConfig {
  const { groupId, memberId, sessionTimeoutMs, partitionBytes, assigner } = options;
  const config: ConsumerConfig & { memberId: string | undefined } = {
    groupId,
    memberId,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: sessionTimeoutMs,
    heartbeatInterval: Math.floor(sessionTimeoutMs / HEARTBEATS_PER_SESSION),
    maxWaitTimeInMs: FETCH_WAIT_MS,
    maxBytesPerPartition: partitionBytes,
    maxBytes: FETCH_BYTES,
    allowAutoTopicCreation: false,
    // A consumer that failed is replaced by a new one, above, where it is logged what is away and since when.
    retry: { restartOnFailure: async () => false },
    partitionAssigners: [kafkajsAssigner(assigner)],
  };
  return config;
}
