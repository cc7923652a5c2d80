import type { Consumer, TopicPartitionOffsetAndMetadata } from 'kafkajs';

/** The time between a consumer's joining the group and its failing or leaving. */
export class Session {
  readonly consumer: Consumer;
  /** Partitions of this member, by topic with prefix. */
  assignment: Readonly<Record<string, readonly number[]>> = {};
  readonly #crash = Promise.withResolvers<never>();

  constructor(consumer: Consumer) {
    this.consumer = consumer;
    this.#crash.promise.catch(() => {});
  }

  crash(error: Error): void {
    this.assignment = {};
    this.#crash.reject(error);
  }

  /** Resolves when the signal is aborted; rejects when the consumer has failed. */
  async untilCrash(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const aborted = Promise.withResolvers<void>();
    const resolve = (): void => aborted.resolve();
    signal.addEventListener('abort', resolve, { once: true });
    try {
      await Promise.race([this.#crash.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', resolve);
    }
  }

  /** Reads the partitions that are wanted, each from its position, and pauses all others. By `topic/partition`. */
  point(wanted: ReadonlyMap<string, number>): void {
    for (const [topic, partitions] of Object.entries(this.assignment)) {
      for (const partition of partitions) {
        const offset = wanted.get(`${topic}/${partition}`);
        if (offset === undefined) {
          this.consumer.pause([{ topic, partitions: [partition] }]);
        } else {
          this.consumer.seek({ topic, partition, offset: String(offset) });
          this.consumer.resume([{ topic, partitions: [partition] }]);
        }
      }
    }
  }

  /** Commits positions to the group; whether it succeeds matters to nobody. */
  commitHint(offsets: TopicPartitionOffsetAndMetadata[]): void {
    if (Object.keys(this.assignment).length === 0) return;
    this.consumer.commitOffsets(offsets).catch(() => {});
  }
}
