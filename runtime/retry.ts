import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';

export interface RetryOptions {
  /** What is away when the action fails, as a log line names it: `Kafka at 127.0.0.1:9092`; or who tells it. */
  readonly what: string | Outage;
  /** Only what is known to pass is tried again; every other error is thrown at once. */
  readonly isTransient: (error: unknown) => boolean;
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
  readonly firstMs?: number;
  readonly limitMs?: number;
}

/** Tries until the action succeeds, with growing random pauses. Throws when the signal is aborted. */
export async function retry<T>(options: RetryOptions, action: () => Promise<T>): Promise<T> {
  const outage = typeof options.what === 'string' ? new Outage(options.what, options.logger) : options.what;
  const pause = new Backoff(options.firstMs ?? 50, options.limitMs ?? 5_000);
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const result = await action();
      outage.end();
      return result;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!options.isTransient(error)) throw error;
      outage.note(error);
      await sleep(pause.nextMs(), undefined, options.signal && { signal: options.signal });
    }
  }
}

/** Pauses with full jitter: any length up to a bound that doubles, so that clients which failed together spread out. */
export class Backoff {
  readonly #firstMs: number;
  readonly #limitMs: number;
  #boundMs: number;

  constructor(firstMs: number, limitMs: number) {
    this.#firstMs = firstMs;
    this.#limitMs = limitMs;
    this.#boundMs = firstMs;
  }

  nextMs(): number {
    const bound = this.#boundMs;
    this.#boundMs = Math.min(2 * bound, this.#limitMs);
    return Math.ceil(Math.random() * bound);
  }

  reset(): void {
    this.#boundMs = this.#firstMs;
  }
}

const REPORT_EVERY_MS = 10_000;
/** Coordinators load and leaders move all the time: what is back within this is no outage, and nobody is told. */
const GRACE_MS = 1_000;

/**
 * Tells the log that something is away and since when: as soon as it lasts, then once per period, and once when it is
 * back. It may be asked as often as one likes.
 */
export class Outage {
  readonly #what: string;
  readonly #logger: Logger;
  readonly #now: () => number;
  #sinceMs: number | null = null;
  /** Null while nothing was said of this outage. */
  #reportedMs: number | null = null;

  constructor(what: string, logger: Logger, now: () => number = Date.now) {
    this.#what = what;
    this.#logger = logger;
    this.#now = now;
  }

  note(error: unknown): void {
    const nowMs = this.#now();
    this.#sinceMs ??= nowMs;
    const isDue =
      this.#reportedMs === null ? nowMs - this.#sinceMs >= GRACE_MS : nowMs - this.#reportedMs >= REPORT_EVERY_MS;
    if (!isDue) return;
    this.#reportedMs = nowMs;
    const reason = error instanceof Error ? error.message : String(error);
    const since = new Date(this.#sinceMs).toISOString();
    this.#logger.warn({ since, reason }, `${this.#what} is away since ${since}: trying again`);
  }

  end(): void {
    const since = this.#sinceMs;
    this.#sinceMs = null;
    if (since === null || this.#reportedMs === null) return;
    this.#reportedMs = null;
    const seconds = Math.round((this.#now() - since) / 1000);
    this.#logger.info({ seconds }, `${this.#what} is back after ${seconds} s`);
  }
}
