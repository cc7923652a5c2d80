import { setTimeout as sleep } from 'node:timers/promises';

/** How questions are asked again. */
export interface Patience {
  readonly pollMs?: number;
  readonly now?: () => number;
  /** Errors that pass by themselves (a leader that moves, a server that restarts): asked again until the time is up. */
  readonly isTransient?: (error: unknown) => boolean;
}

export const POLL_MS = 100;

/** Asks again while the answer is an error that passes by itself, until the deadline. */
export async function untilDeadline<T>(patience: Patience, deadlineMs: number, ask: () => Promise<T>): Promise<T> {
  const { now = Date.now, pollMs = POLL_MS, isTransient = () => false } = patience;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (now() >= deadlineMs || !isTransient(error)) throw error;
    }
    await sleep(pollMs);
  }
}
