import { setImmediate as yieldToIo } from 'node:timers/promises';

/**
 * Does work of this process while Postgres is at a query that has been sent, instead of one waiting for the other.
 * Throws what either throws.
 */
export function meanwhile<A, B>(query: Promise<A>, work: () => B | Promise<B>): Promise<[A, B]> {
  const worked = async (): Promise<B> => work();
  return Promise.all([query, worked()]);
}

/** Items between two looks at what has arrived: connections and heartbeats wait no longer than these take. */
const ITEMS_AT_ONCE = 16;

/** Gives the items one by one, and lets sockets be served in between. */
export async function* inPieces<T>(items: readonly T[]): AsyncGenerator<T> {
  for (let start = 0; start < items.length; start += ITEMS_AT_ONCE) {
    yield* items.slice(start, start + ITEMS_AT_ONCE);
    await yieldToIo();
  }
}
