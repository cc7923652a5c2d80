import { ApportionError } from '../errors.ts';
import { TRANSACTION_TOO_LONG } from './errors.ts';

/** Whether the same work can succeed later without anybody changing it. */
export function isTransient(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== undefined) return TRANSIENT_CODES.has(code) || TRANSIENT_CLASSES.has(code.slice(0, 2));
  return isLostConnection(error);
}

/**
 * Whether the connection ended before an answer came. After a COMMIT was sent this leaves open what became of it; an
 * answer with any other SQLSTATE says that it did not happen.
 */
export function isLostConnection(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== undefined) return CONNECTION_ENDING.has(code) || code.startsWith('08') || SYSTEM_CODES.has(code);
  return error instanceof Error && LOST_MESSAGES.some((message) => error.message.startsWith(message));
}

/** The SQLSTATE, the system's code, or our own; undefined for errors without one. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (error instanceof ApportionError) return error.code;
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const TRANSIENT_CLASSES: ReadonlySet<string> = new Set([
  '08', // connection exception
  '53', // insufficient resources: disk full, out of memory, too many connections
]);

/** The server ended the session, with this as its last word. */
const CONNECTION_ENDING: ReadonlySet<string> = new Set([
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P05', // idle_session_timeout
]);

/** What the operating system says of a server that is away. */
const SYSTEM_CODES: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT', // no socket file
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  ...CONNECTION_ENDING,
  ...SYSTEM_CODES,
  TRANSACTION_TOO_LONG,
  '25006', // read_only_sql_transaction: the address still leads to a server that has become a standby
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55006', // object_in_use
  '55P03', // lock_not_available
  '57014', // query_canceled: by an administrator or by statement_timeout
  '57P03', // cannot_connect_now: starting up or shutting down
  '58030', // io_error
]);

/** What pg says without a code when the connection is gone. */
const LOST_MESSAGES: readonly string[] = [
  'Connection terminated',
  'Client has encountered a connection error',
  'Client was closed',
  'Query read timeout',
  'timeout expired',
  'timeout exceeded when trying to connect',
  'Premature close',
];
