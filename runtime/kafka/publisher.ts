import type { Kafka, Producer } from 'kafkajs';
import type { Logger } from 'pino';
import type { Publisher } from '../publisher.ts';
import { retry } from '../retry.ts';
import { type Codec, output } from '../task.ts';
import { sendsOf, type TopicMessages } from './batches.ts';
import { faultOf } from './errors.ts';
import { createRoutePartitioner } from './partitioner.ts';

export interface PublisherOptions {
  readonly kafka: Kafka;
  readonly codec: Codec;
  /** Prefix of the topics' names. */
  readonly prefix: string;
  readonly logger: Logger;
  /** Ends the waiting for a broker that is away. */
  readonly signal?: AbortSignal;
}

/**
 * Publishes to Kafka: idempotent, acknowledged by all replicas. A broker that is away is waited for. After any error
 * the producer is thrown away and the send repeated by another: a record may then stand twice, which readers stand.
 */
export function createPublisher(options: PublisherOptions): Publisher {
  const { kafka, codec, prefix, logger, signal } = options;
  const what = 'Kafka';
  let producer: Producer | null = null;

  const discard = async (): Promise<void> => {
    const discarded = producer;
    producer = null;
    await discarded?.disconnect().catch(() => {});
  };

  const send = async (topicMessages: TopicMessages[]): Promise<void> => {
    try {
      if (producer === null) {
        producer = kafka.producer({
          idempotent: true,
          maxInFlightRequests: 1,
          allowAutoTopicCreation: false,
          createPartitioner: createRoutePartitioner,
        });
        await producer.connect();
      }
      await producer.sendBatch({ acks: -1, topicMessages });
    } catch (error) {
      await discard();
      throw error;
    }
  };

  return {
    publish: async (topic, values) => {
      const records = values.map((value) => output(codec, topic, value));
      for (const topicMessages of sendsOf(prefix, records)) {
        const isTransient = (error: unknown): boolean => faultOf(error) !== 'fatal';
        await retry({ what, isTransient, logger, signal }, () => send(topicMessages));
      }
    },
    close: discard,
  };
}
