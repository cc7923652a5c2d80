import type { Logger } from 'pino';
import { retry } from '../retry.ts';
import type { KafkaClient } from './client.ts';
import { faultOf } from './errors.ts';

/** Resolves when a broker answers, which is waited for, or when the signal is aborted. */
export async function reachKafka(kafka: KafkaClient, logger: Logger, signal: AbortSignal): Promise<void> {
  const admin = kafka.admin();
  const isTransient = (error: unknown): boolean => faultOf(error) === 'transient';
  try {
    await retry({ what: 'Kafka', isTransient, logger, signal }, () => admin.reach());
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await admin.close();
  }
}
