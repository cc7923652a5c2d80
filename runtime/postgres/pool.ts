import { Pool } from 'pg';
import type { Logger } from 'pino';

export interface PoolOptions {
  readonly databaseUrl: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  readonly logger: Logger;
  /** 10 when absent; whoever asks for more waits. */
  readonly maxConnections?: number;
}

const CONNECT_TIMEOUT_MS = 10_000;
const LOCK_TIMEOUT_MS = 30_000;
/** A paused owner would otherwise hold its locks for as long as it sleeps. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;
const STATEMENT_TIMEOUT_MS = 120_000;
/**
 * Statements take arrays, whose lengths decide how they are best run. A plan kept from the first few executions would
 * be one for tables that were nearly empty, and lasts until these are analysed: seen to take ten times as long.
 */
const PLAN_EACH = '-c plan_cache_mode=force_custom_plan';

/** A pool whose sessions have a limit on everything they may wait for. Connects at first use. */
export function createPool(options: PoolOptions): Pool {
  const pool = new Pool({
    connectionString: options.databaseUrl,
    application_name: options.applicationName,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    options: PLAN_EACH,
    keepAlive: true,
  });
  // A connection that breaks rejects the query under way, and an idle one is replaced at the next use. Besides, each tells
  // of it as an event, at whatever moment, which unheard would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => {
    client.on('error', (error) => options.logger.debug({ err: error }, 'a connection to Postgres was lost'));
  });
  return pool;
}
