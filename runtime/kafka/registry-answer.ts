/** What becomes of a request to the schema registry. */
import { setTimeout as sleep } from 'node:timers/promises';

/** A registry answers from memory; and the client would wait for ever for one that has stopped in the middle of it. */
const ANSWER_LIMIT_MS = 10_000;

/** Asks, and is unanswered after the limit: an error for which `isRegistryAway`. */
export async function answerOf<T>(request: () => Promise<T>, limitMs = ANSWER_LIMIT_MS): Promise<T> {
  const over = new AbortController();
  const silence = sleep(limitMs, undefined, { signal: over.signal }).then(
    () => Promise.reject(new Error(`time-out: no whole answer within ${limitMs / 1000} s`)),
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([request(), silence]);
  } finally {
    over.abort();
  }
}

/** Whether the registry did not answer, or answered that it cannot now. */
export function isRegistryAway(error: unknown): boolean {
  const status = statusOf(error) ?? 0;
  return status >= 500 || status === 429 || status === 408 || isUnanswered(error);
}

/** The HTTP status that an error of the client bears; null where it bears none. */
export function statusOf(error: unknown): number | null {
  const status = error instanceof Error ? (error as { status?: unknown }).status : undefined;
  return typeof status === 'number' ? status : null;
}

/** The client gives a request without an answer the status 400; `fetch` keeps the reason in the cause. */
function isUnanswered(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return UNANSWERED.test(error.message) || isUnanswered(error.cause);
}

/** The last is what is left of the error of a host with several addresses, none of which answers. */
const UNANSWERED =
  /ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOTFOUND|socket hang up|other side closed|time-?out|Error, status 400$/i;
