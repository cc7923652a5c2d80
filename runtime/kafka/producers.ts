import type { Kafka, Producer } from 'kafkajs';
import { createRoutePartitioner } from './partitioner.ts';

/** Each send acknowledged before the next, to partitions that follow from the topics' declarations. */
const common = { maxInFlightRequests: 1, allowAutoTopicCreation: false, createPartitioner: createRoutePartitioner };

/** The broker aborts what is open for longer. A flush takes far less; readers wait no longer for a dead owner. */
const TRANSACTION_TIMEOUT_MS = 20_000;

/** A producer that repeats nothing by its own retries. */
export function idempotentProducer(kafka: Kafka): Producer {
  return kafka.producer({ ...common, idempotent: true });
}

/** A producer of transactions: once it has begun one, the broker refuses all others with that id. */
export function transactionalProducer(kafka: Kafka, transactionalId: string): Producer {
  return kafka.producer({ ...common, transactionalId, transactionTimeout: TRANSACTION_TIMEOUT_MS });
}
