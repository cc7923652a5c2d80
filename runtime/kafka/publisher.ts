import type { Logger } from 'pino';
import type { Publisher } from '../publisher.ts';
import { retry } from '../retry.ts';
import { type Codec, output } from '../task.ts';
import { sendsOf } from './batches.ts';
import type { IdempotentProducer, KafkaClient, TopicRecords } from './client.ts';
import { faultOf } from './errors.ts';

export interface PublisherOptions {
  readonly kafka: KafkaClient;
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
  let current: Promise<IdempotentProducer> | null = null;

  /** Whoever comes second, on account of the same producer, must not throw away the next one. */
  const discard = async (used: Promise<IdempotentProducer> | null): Promise<void> => {
    if (current === used) current = null;
    const producer = await used?.catch(() => null);
    await producer?.close();
  };

  const send = async (records: readonly TopicRecords[]): Promise<void> => {
    current ??= kafka.idempotentProducer();
    const used = current;
    try {
      const producer = await used;
      await producer.send(records);
    } catch (error) {
      await discard(used);
      throw error;
    }
  };

  return {
    publish: async (topic, values) => {
      const records = values.map((value) => output(codec, topic, value));
      for (const sent of sendsOf(prefix, records)) {
        const isTransient = (error: unknown): boolean => faultOf(error) !== 'fatal';
        await retry({ what, isTransient, logger, signal }, () => send(sent));
      }
    },
    close: () => discard(current),
  };
}
