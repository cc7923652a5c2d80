import type { Logger } from 'pino';
import { retry } from '../retry.ts';
import type { KafkaClient } from './client.ts';
import { isKafkaAway } from './errors.ts';

/** Resolves when a broker answers, which is waited for, or when the signal is aborted. */
export async function reachKafka(kafka: KafkaClient, logger: Logger, signal: AbortSignal): Promise<void> {
  const admin = kafka.admin();
  try {
    await retry({ what: 'Kafka', isTransient: isKafkaAway, logger, signal }, () => admin.reach());
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await admin.close();
  }
}
