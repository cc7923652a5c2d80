import type { Pool, PoolClient } from 'pg';
import { commitOutcomeUnknown, transactionTooLong } from './errors.ts';
import { isLostConnection } from './sqlstate.ts';

/** Longer than any statement may take, so it ends only what the server can no longer be asked about. */
const TRANSACTION_LIMIT_MS = 300_000;

/**
 * Runs `work` in one READ COMMITTED transaction. An error of `work` rolls back and is thrown on. A connection lost once
 * COMMIT was sent is thrown as `commit_outcome_unknown`: all other errors mean that nothing was committed.
 */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let healthy = false;
  try {
    const result = await withLimit(TRANSACTION_LIMIT_MS, attempt(client, work));
    healthy = true;
    return result;
  } catch (error) {
    healthy = await rolledBack(client, error);
    throw error;
  } finally {
    // A connection in an unknown state is closed, which also makes the server roll back.
    client.release(!healthy);
  }
}

async function attempt<T>(client: PoolClient, work: (client: PoolClient) => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  const result = await work(client);
  await commit(client);
  return result;
}

async function commit(client: PoolClient): Promise<void> {
  const { command } = await client.query('COMMIT').catch((error: unknown) => {
    throw isLostConnection(error) ? commitOutcomeUnknown(error) : error;
  });
  // What Postgres answers when an error in the transaction went unnoticed.
  if (command !== 'COMMIT') throw new Error(`Postgres answered COMMIT with ${command}`);
}

async function rolledBack(client: PoolClient, error: unknown): Promise<boolean> {
  if (!hasSqlState(error) || isLostConnection(error)) return false;
  return client.query('ROLLBACK').then(
    () => true,
    () => false,
  );
}

/** Only a server that answered is asked for a rollback: anything else may have left a statement under way. */
function hasSqlState(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code)
  );
}

async function withLimit<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const { promise: tooLong, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(transactionTooLong(limitMs)), limitMs);
  try {
    return await Promise.race([work, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}
