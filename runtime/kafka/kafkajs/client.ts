import { Kafka, type KafkaConfig, type SASLOptions } from 'kafkajs';
import type { KafkaClient } from '../client.ts';
import type { KafkaSettings } from '../create-kafka.ts';
import { CLIENT_ID, CONNECT_LIMIT_MS, REQUEST_LIMIT_MS } from '../limits.ts';
import { type KafkaSecurity, NO_SECURITY } from '../security.ts';
import { KafkajsAdmin } from './admin.ts';
import { logInto } from './log.ts';
import { KafkajsMember } from './member.ts';
import { openIdempotent, openTransactional } from './producers.ts';

/** The port by kafkajs, as patches/ changes it. */
export function createKafkajs(settings: KafkaSettings): KafkaClient {
  const kafka = new Kafka({
    brokers: [...settings.brokers],
    ...securityOf(settings.security ?? NO_SECURITY),
    clientId: settings.clientId ?? CLIENT_ID,
    connectionTimeout: CONNECT_LIMIT_MS,
    requestTimeout: REQUEST_LIMIT_MS,
    // The default start of 300 ms would be paid between any two transactions, for CONCURRENT_TRANSACTIONS.
    // Some three seconds in all: what takes longer is retried above, where it is logged.
    retry: { initialRetryTime: 20, multiplier: 2, maxRetryTime: 1_000, retries: 8 },
    ...logInto(settings.logger.child({ client: 'kafkajs' })),
  });
  return {
    admin: () => new KafkajsAdmin(kafka.admin()),
    member: (options) => new KafkajsMember(kafka, options),
    idempotentProducer: () => openIdempotent(kafka),
    transactionalProducer: (transactionalId) => openTransactional(kafka, transactionalId),
  };
}

function securityOf({ tls, sasl }: KafkaSecurity): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  return {
    ssl: tls === null ? false : { ...tls },
    // kafkajs has its own spelling of the mechanisms.
    ...(sasl !== null && { sasl: { ...sasl, mechanism: sasl.mechanism.toLowerCase() } as SASLOptions }),
  };
}
