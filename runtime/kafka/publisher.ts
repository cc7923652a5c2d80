import type { Kafka, Producer } from 'kafkajs';
import type { Logger } from 'pino';
import type { Publisher } from '../publisher.ts';
import { retry } from '../retry.ts';
import { type Codec, output } from '../task.ts';
import { sendsOf, type TopicMessages } from './batches.ts';
import { faultOf } from './errors.ts';
import { idempotentProducer } from './producers.ts';

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
  // A promise, so that all who publish while it connects wait for the same one, and nobody disconnects it before that.
  let current: Promise<Producer> | null = null;

  const connect = async (): Promise<Producer> => {
    const producer = idempotentProducer(kafka);
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      await producer.disconnect().catch(() => {});
      throw error;
    }
  };

  /** Whoever comes second, on account of the same producer, must not throw away the next one. */
  const discard = async (used: Promise<Producer> | null): Promise<void> => {
    if (current === used) current = null;
    const producer = await used?.catch(() => null);
    await producer?.disconnect().catch(() => {});
  };

  const send = async (topicMessages: TopicMessages[]): Promise<void> => {
    current ??= connect();
    const used = current;
    try {
      const producer = await used;
      await producer.sendBatch({ acks: -1, topicMessages });
    } catch (error) {
      await discard(used);
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
    close: () => discard(current),
  };
}
