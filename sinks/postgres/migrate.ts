import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { retryWhileAway } from '../../runtime/postgres/retry.ts';

/** Brings the reporting database to the newest version. Waits for Postgres while it is away. */
export async function migrateReporting(pool: Pool, logger: Logger): Promise<void> {
  await retryWhileAway('migrate the database', { logger }, () => migrate(pool, MIGRATIONS, logger));
}

const MIGRATIONS = new URL('./migrations/', import.meta.url);
