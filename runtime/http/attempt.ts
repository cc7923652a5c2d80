import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Backoff } from '../retry.ts';
import { untilAborted } from '../until-aborted.ts';
import { HttpFailure } from './failure.ts';

export interface AttemptOptions {
  readonly logger: Logger;
  /** Ends what is under way, waits included. */
  readonly signal: AbortSignal;
  /** A request that takes longer is ended and tried again. */
  readonly requestMs: number;
  /** How often a request is tried in all. */
  readonly maxAttempts: number;
  /** Up to which length the first pause is. */
  readonly firstPauseMs?: number | undefined;
  /** A server that asks for a longer pause is not waited for. */
  readonly maxPauseMs: number;
  /** Called before each attempt; what it throws ends the request. */
  readonly beforeAttempt?: (() => Promise<void>) | undefined;
  /** Told of every pause before another attempt. */
  readonly onRetry?: (() => void) | undefined;
  /** Told by how much the server's clock is ahead of this one, where it says what time it is. */
  readonly onClock?: ((aheadMs: number) => void) | undefined;
  readonly now?: (() => number) | undefined;
}

/** One attempt at a request. */
export interface Attempt {
  /** Aborted when it takes too long, or everything is to end. */
  readonly signal: AbortSignal;
  /** To be given the head of the answer, whatever its status. */
  noteClock(headers: Headers): void;
}

const FIRST_PAUSE_MS = 500;

/**
 * Makes a request by `once`, and again while that throws an HttpFailure that may pass: after a random pause that grows, or
 * the one that the server asks for.
 *
 * @param what what is asked for, as errors name it
 * @throws HttpFailure the last one, when the attempts are used up or it does not pass; what else `once` throws
 */
export async function attempt<T>(
  what: string,
  once: (attempt: Attempt) => Promise<T>,
  options: AttemptOptions,
): Promise<T> {
  const { logger, signal, maxAttempts, maxPauseMs } = options;
  const backoff = new Backoff(options.firstPauseMs ?? FIRST_PAUSE_MS, maxPauseMs);
  for (let count = 1; ; count++) {
    signal.throwIfAborted();
    await options.beforeAttempt?.();
    try {
      return await attemptOnce(what, once, options);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof HttpFailure)) throw error;
      const pauseMs = error.pauseMs ?? backoff.nextMs();
      if (error.kind !== 'away' || count >= maxAttempts || pauseMs > maxPauseMs) throw error;
      options.onRetry?.();
      logger.debug({ attempt: count, pauseMs }, `${error.message}: trying again`);
      await sleep(pauseMs, undefined, { signal });
    }
  }
}

async function attemptOnce<T>(
  what: string,
  once: (attempt: Attempt) => Promise<T>,
  { signal, requestMs, onClock, now = Date.now }: AttemptOptions,
): Promise<T> {
  const limit = AbortSignal.timeout(requestMs);
  const either = AbortSignal.any([signal, limit]);
  const noteClock = (headers: Headers): void => {
    const serverMs = Date.parse(headers.get('date') ?? '');
    if (!Number.isNaN(serverMs)) onClock?.(serverMs - now());
  };
  try {
    return await untilAborted(either, once({ signal: either, noteClock }));
  } catch (cause) {
    if (cause instanceof HttpFailure || !limit.aborted) throw cause;
    throw new HttpFailure('away', `${what}: no answer within ${requestMs / 1000} s`, { cause });
  }
}
