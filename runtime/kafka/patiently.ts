import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff } from '../retry.ts';
import type { KafkaError } from './errors.ts';

const TRIES = 9;

/**
 * What a client does below the port with what may be asked again: tries for some three seconds. What takes longer is
 * for the callers to try again, who tell what is away.
 *
 * @param passes whether an error may be gone by the next try; it may also see to that
 */
export async function patiently<T>(passes: (error: KafkaError) => boolean, action: () => Promise<T>): Promise<T> {
  const backoff = new Backoff(40, 1_000);
  for (let tries = 1; ; tries++) {
    try {
      return await action();
    } catch (error) {
      if (tries === TRIES || !passes(error as KafkaError)) throw error;
      await sleep(backoff.nextMs());
    }
  }
}
