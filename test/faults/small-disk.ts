/** A database whose disk can be full. */
import { mkdtempSync, rmdirSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runToEnd } from '../../local/run.ts';
import { createDatabase, eventually, query } from '../integration/stack.ts';
import { TEST_FOLDER } from '../runner/leftovers.ts';

export interface SmallDisk extends AsyncDisposable {
  /** An empty database. */
  readonly databaseUrl: string;
  /** `file system`: a real one of its own, without space. `trigger`: every write is refused as it would be there. */
  readonly how: 'file system' | 'trigger';
  fill(): Promise<void>;
  free(): Promise<void>;
}

/**
 * As root of Linux, the database lies in a tablespace on a file system in memory, which is made as small as what it
 * holds: Postgres then fails to extend its files, with SQLSTATE 53100, as on any disk that is full. Where none may be
 * mounted, a trigger raises the same error before each write of the sink.
 */
export async function databaseOnSmallDisk(serverUrl: string): Promise<SmallDisk> {
  const folder = mkdtempSync(join(process.env[TEST_FOLDER] ?? tmpdir(), 'apportion-small-disk-'));
  // The user as whom Postgres runs where this process is root.
  const options = `size=${ROOMY},mode=0700,uid=postgres,gid=postgres`;
  const mount = await runToEnd('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  if (mount.code === 0) return onFileSystem(serverUrl, folder);
  rmdirSync(folder);
  return databaseWithTrigger(await createDatabase(serverUrl));
}

const ROOMY = '8g';

async function onFileSystem(serverUrl: string, folder: string): Promise<SmallDisk> {
  const tablespace = folder.replaceAll(/[^a-zA-Z0-9]/g, '_').toLowerCase();
  const { username } = new URL(serverUrl);
  await asSuperuser(serverUrl, `CREATE TABLESPACE ${tablespace} OWNER ${username} LOCATION '${folder}'`);
  const databaseUrl = await createDatabase(serverUrl, tablespace);
  const resize = async (size: string): Promise<boolean> =>
    (await runToEnd('mount', ['-o', `remount,size=${size}`, folder])).code === 0;
  return {
    databaseUrl,
    how: 'file system',
    fill: async () => {
      // It cannot be made smaller than what it holds, which may grow meanwhile.
      await eventually('the disk to be full', () => resize(String(usedBytes(folder))));
    },
    free: async () => {
      if (!(await resize(ROOMY))) throw new Error(`${folder} cannot be made larger`);
    },
    [Symbol.asyncDispose]: async () => {
      await asSuperuser(serverUrl, `DROP DATABASE ${new URL(databaseUrl).pathname.slice(1)} WITH (FORCE)`);
      await asSuperuser(serverUrl, `DROP TABLESPACE ${tablespace}`);
      await runToEnd('umount', [folder]);
      rmdirSync(folder);
    },
  };
}

function usedBytes(folder: string): number {
  const { blocks, bfree, bsize } = statfsSync(folder);
  return (blocks - bfree) * bsize;
}

/** A database of the sink's that behaves as if its disk were full. */
export function databaseWithTrigger(databaseUrl: string): SmallDisk {
  return {
    databaseUrl,
    how: 'trigger',
    fill: () => query(databaseUrl, raiseDiskFull),
    free: () => query(databaseUrl, 'DROP FUNCTION IF EXISTS disk_full() CASCADE'),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Every transaction of the sink begins with a row of this table. */
const raiseDiskFull = `
  CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
  END $$;
  CREATE TRIGGER disk_full BEFORE UPDATE ON sink_offset EXECUTE FUNCTION disk_full();`;

/** All users of the local stack's Postgres have one password. */
function asSuperuser(serverUrl: string, sql: string): Promise<void> {
  const url = new URL(serverUrl);
  url.username = 'postgres';
  url.pathname = 'postgres';
  return query(url.href, sql);
}
