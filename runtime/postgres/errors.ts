import { ApportionError } from '../errors.ts';
import { TaskLost } from '../task-lost.ts';

/** The connection was lost around a COMMIT: only the database knows whether it happened. */
export function commitOutcomeUnknown(cause: unknown): TaskLost {
  return new TaskLost(
    'unknown',
    'The connection to Postgres was lost during a COMMIT, so it is unknown whether the transaction was committed.',
    'Nothing to do: what is committed is read again before anything is written.',
    { cause },
  );
}

/** Postgres refuses, and would refuse again. */
export function postgresRefused(what: string, sqlState: string | undefined, cause: unknown): ApportionError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const code = sqlState === undefined ? '' : ` (SQLSTATE ${sqlState})`;
  return new ApportionError(
    'postgres_refused',
    `Cannot ${what}: ${why}${code}.`,
    'Repair what the message names (rights, schema, address), then start again: nothing was skipped.',
    { cause },
  );
}

/** A transaction took longer than its limit. Its connection was closed, which makes the server roll back. */
export function transactionTooLong(limitMs: number): ApportionError {
  return new ApportionError(
    TRANSACTION_TOO_LONG,
    `A transaction was not done after ${limitMs} ms and was given up.`,
    'Look at the load of the database and at the network between: it is tried again.',
  );
}

export const TRANSACTION_TOO_LONG = 'transaction_too_long';
