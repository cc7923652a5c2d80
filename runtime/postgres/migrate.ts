import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { ClientBase, Pool } from 'pg';
import type { Logger } from 'pino';
import { ApportionError } from '../errors.ts';

/**
 * Brings a database to the newest version of the numbered SQL files in `folder` (`001_name.sql`): each file once, in
 * order, in a transaction of its own. Any number of processes may call it at a time. Throws `migration_changed` when a
 * file is not what was applied under its number.
 */
export async function migrate(pool: Pool, folder: URL, logger: Logger): Promise<void> {
  const migrations = await readMigrations(folder);
  const client = await pool.connect();
  try {
    // However long it takes, and however long another process is at it.
    await client.query('SET lock_timeout = 0; SET statement_timeout = 0');
    // Held by the session, so it also covers the time between the transactions and ends with the connection.
    await client.query(`SELECT pg_advisory_lock(hashtext('apportion.migrations'))`);
    await client.query(CREATE_LEDGER);
    const applied = await readLedger(client);
    for (const migration of migrations) {
      const checksum = applied.get(migration.version);
      if (checksum === undefined) await apply(client, migration, logger);
      else if (checksum !== migration.checksum) throw migrationChanged(migration);
    }
    warnOfNewer(applied, migrations, logger);
  } finally {
    client.release(true);
  }
}

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly sql: string;
}

const FILE_NAME = /^(\d{3})_([a-z_]+)\.sql$/;

const CREATE_LEDGER = `
  CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`;

async function readMigrations(folder: URL): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort();
  return Promise.all(
    files.map(async (file, index) => {
      const [, version = '', name = ''] = FILE_NAME.exec(file) ?? [];
      if (Number(version) !== index + 1) {
        throw new ApportionError(
          'migration_misnamed',
          `The migration ${file} is not number ${index + 1}.`,
          'Name migrations 001_name.sql, 002_name.sql … without a gap.',
        );
      }
      const sql = await readFile(new URL(file, folder), 'utf8');
      return { version: index + 1, name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

async function readLedger(client: ClientBase): Promise<Map<number, string>> {
  const { rows } = await client.query<{ version: number; checksum: string }>(
    'SELECT version, checksum FROM schema_migrations',
  );
  return new Map(rows.map((row) => [row.version, row.checksum]));
}

async function apply(client: ClientBase, migration: Migration, logger: Logger): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(migration.sql);
    await client.query('INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)', [
      migration.version,
      migration.name,
      migration.checksum,
    ]);
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK').catch(ignore);
    throw cause;
  }
  logger.info({ version: migration.version, name: migration.name }, 'migrated the database');
}

function migrationChanged(migration: Migration): ApportionError {
  return new ApportionError(
    'migration_changed',
    `The migration ${migration.version} (${migration.name}) is not the one that this database has.`,
    'Restore the file as it was released, and put the change into a new migration.',
  );
}

/** A program that was rolled back meets a newer database: migrations only add, so it can go on. */
function warnOfNewer(applied: ReadonlyMap<number, string>, migrations: readonly Migration[], logger: Logger): void {
  const newest = Math.max(0, ...applied.keys());
  if (newest <= migrations.length) return;
  logger.warn({ database: newest, program: migrations.length }, 'the database is newer than this program');
}

function ignore(): void {}
