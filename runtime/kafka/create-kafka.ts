import type { Logger } from 'pino';
import type { Settings } from '../settings.ts';
import type { KafkaClient } from './client.ts';
import type { KafkaSecurity } from './security.ts';

export interface KafkaSettings {
  /** `host:port` of some brokers; the others are learnt from them. */
  readonly brokers: readonly string[];
  /** Neither encrypted nor authenticated when left out. */
  readonly security?: KafkaSecurity;
  /** The library that does it. */
  readonly client: Settings['kafkaClient'];
  /** How brokers name this client in their logs and quotas. */
  readonly clientId?: string;
  readonly logger: Logger;
}

/** The one place that chooses a Kafka client. Only the chosen one is loaded. */
export async function createKafka(settings: KafkaSettings): Promise<KafkaClient> {
  switch (settings.client) {
    case 'kafkajs': {
      const { createKafkajs } = await import('./kafkajs/client.ts');
      return createKafkajs(settings);
    }
    case 'platformatic': {
      const { createPlatformatic } = await import('./platformatic/client.ts');
      return createPlatformatic(settings);
    }
  }
}
