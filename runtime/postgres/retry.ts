import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ApportionError } from '../errors.ts';
import { postgresRefused } from './errors.ts';
import { codeOf, isTransient } from './sqlstate.ts';

export interface RetryOptions {
  readonly log: Logger;
  /** Ends the waiting: the error of the last attempt is thrown. */
  readonly signal?: AbortSignal;
  readonly firstPauseMs?: number;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Repeats `attempt` without end while Postgres is away or busy, and logs what is away since when. What cannot succeed
 * later is thrown at once: our own errors as they are, all others as `postgres_refused`.
 * @param what Completes the sentence "Postgres cannot …".
 */
export async function retryWhileAway<T>(what: string, options: RetryOptions, attempt: () => Promise<T>): Promise<T> {
  const { log, signal } = options;
  let pauseMs = options.firstPauseMs ?? FIRST_PAUSE_MS;
  let awaySince: string | null = null;
  for (;;) {
    try {
      const result = await attempt();
      if (awaySince !== null) log.info({ awaySince }, `Postgres can ${what} again`);
      return result;
    } catch (error) {
      if (!isTransient(error))
        throw error instanceof ApportionError ? error : postgresRefused(what, codeOf(error), error);
      if (signal?.aborted) throw error;
      awaySince ??= new Date().toISOString();
      const why = error instanceof Error ? error.message : String(error);
      log.warn(
        { awaySince, code: codeOf(error), retryInMs: pauseMs },
        `Postgres cannot ${what} since ${awaySince}: ${why}`,
      );
    }
    // An abort ends the pause; the next attempt then decides.
    await wait(pauseMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}
