import type { Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import { retry } from '../retry.ts';
import { faultOf } from './errors.ts';

/** Resolves when a broker answers, which is waited for, or when the signal is aborted. */
export async function reachKafka(kafka: Kafka, logger: Logger, signal: AbortSignal): Promise<void> {
  const admin = kafka.admin();
  const isTransient = (error: unknown): boolean => faultOf(error) === 'transient';
  try {
    await retry({ what: 'Kafka', isTransient, logger, signal }, () => admin.connect());
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await admin.disconnect();
  }
}
