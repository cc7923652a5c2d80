import type { Topic } from '../schemas/topics.ts';

/** Writes records to topics: how producers and the command line publish. The Kafka one is in kafka/publisher.ts. */
export interface Publisher {
  /**
   * Resolves when the broker has acknowledged all values; their keys and partitions follow from the topic's declaration.
   * Publishing the same values again is harmless.
   */
  publish<T>(topic: Topic<T>, values: readonly T[]): Promise<void>;
  close(): Promise<void>;
}
