import type { Logger } from 'pino';
import { ApportionError } from '../errors.ts';
import { retry } from '../retry.ts';
import { postgresRefused } from './errors.ts';
import { codeOf, isTransient } from './sqlstate.ts';

export interface RetryOptions {
  readonly logger: Logger;
  /** Ends the waiting; its reason is thrown. */
  readonly signal?: AbortSignal;
}

/**
 * Repeats `attempt` without end while Postgres is away or busy, and logs since when. What no waiting repairs is thrown
 * at once: our own errors as they are, all others as `postgres_refused`.
 * @param what Completes the sentence "Cannot …".
 */
export async function retryWhileAway<T>(
  what: string,
  { logger, signal }: RetryOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  try {
    return await retry({ what: `Postgres, to ${what},`, isTransient, logger, signal }, attempt);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (error instanceof ApportionError) throw error;
    throw postgresRefused(what, codeOf(error), error);
  }
}
