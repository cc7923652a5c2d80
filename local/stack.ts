/** The three servers of Apportion without Docker: Kafka, schema registry, Postgres, kept in one data folder. */
import { join, resolve } from 'node:path';
import {
  type DataFolder,
  environmentFile,
  findDataFolder,
  openDataFolder,
  pidFile,
  removeDataFolder,
  removeIfEmpty,
  removeServerData,
  type ServerName,
  saveDataFolder,
  serverNames,
  writeWhole,
} from './data-folder.ts';
import { environmentText } from './environment.ts';
import { localError } from './errors.ts';
import { findJava } from './java.ts';
import { kafka } from './kafka.ts';
import { withLock } from './lock.ts';
import { bringPackages } from './packages.ts';
import { databaseUrl, postgres } from './postgres.ts';
import { endProcess, remembered, running } from './process.ts';
import { registry } from './registry.ts';
import type { Server, Tools } from './server.ts';
import { startServerProcess } from './start-server.ts';

export type Report = (line: string) => void;

/** Where a running stack is found. */
export interface StackAddresses {
  readonly kafkaBrokers: string;
  readonly schemaRegistryUrl: string;
  readonly databaseUrl: string;
}

export interface ServerStatus {
  readonly name: ServerName;
  readonly title: string;
  readonly address: string;
  /** `running`: serves clients. `silent`: the process lives, but does not answer. `crashed`: it ended by itself. */
  readonly state: 'running' | 'silent' | 'crashed' | 'stopped';
  readonly pid: number | null;
  /** ISO 8601; null when stopped. */
  readonly since: string | null;
}

const servers: Readonly<Record<ServerName, Server>> = { postgres, kafka, registry };
const stopLimitMs = 30_000;

/**
 * Starts what is not running, and returns when all three answer; with all three running it only looks. The first start
 * makes the folder. When one fails, those that this call has started are stopped again. Errors: see errors.ts.
 */
export function startStack(dataFolder: string, report: Report): Promise<StackAddresses> {
  return locked(dataFolder, report, async () => {
    const folder = await openDataFolder(dataFolder);
    if (!folder.complete) {
      await stopAll(folder);
      removeServerData(folder.path);
    }
    const tools = allRunning(folder) ? null : { java: await findJava(), packages: await bringPackages(report) };
    await startAll(folder, tools, report);
    if (!folder.complete) {
      saveDataFolder({ ...folder, complete: true });
    }
    const addresses = addressesOf(folder);
    writeWhole(environmentFile(folder.path), environmentText(addresses));
    return addresses;
  });
}

/** Stops what is running; data and ports stay. */
export function stopStack(dataFolder: string, report: Report): Promise<void> {
  return locked(dataFolder, report, async () => {
    const folder = await findDataFolder(dataFolder);
    if (folder !== null) {
      await stopAll(folder);
    }
  });
}

/** Stops what is running and deletes all data of the stack; other files in the folder stay. */
export async function resetStack(dataFolder: string, report: Report): Promise<void> {
  const path = resolve(dataFolder);
  await locked(path, report, async () => {
    await Promise.all(
      serverNames.map((name) => endProcess(pidFile(path, name), servers[name].stopSignal, stopLimitMs)),
    );
    removeDataFolder(path);
  });
  removeIfEmpty(path);
}

export async function stackStatus(dataFolder: string): Promise<readonly ServerStatus[]> {
  const folder = await findDataFolder(dataFolder);
  return folder === null ? [] : Promise.all(serverNames.map((name) => statusOf(servers[name], folder)));
}

/** Starts one server of a stack that was started before, and returns when it answers. */
export function startServer(dataFolder: string, name: ServerName): Promise<void> {
  return withFolder(dataFolder, async (folder) => {
    const tools = { java: await findJava(), packages: await bringPackages(() => {}) };
    await startServerProcess(servers[name], folder, tools, () => {});
  });
}

/** Ends one server in good order. */
export function stopServer(dataFolder: string, name: ServerName): Promise<void> {
  return withFolder(dataFolder, (folder) =>
    endProcess(pidFile(folder.path, name), servers[name].stopSignal, stopLimitMs),
  );
}

/** Kills one server at once (SIGKILL), as a crash would. */
export function killServer(dataFolder: string, name: ServerName): Promise<void> {
  return withFolder(dataFolder, (folder) => endProcess(pidFile(folder.path, name), 'SIGKILL', stopLimitMs));
}

function withFolder(dataFolder: string, work: (folder: DataFolder) => Promise<void>): Promise<void> {
  return locked(
    dataFolder,
    () => {},
    async () => {
      const folder = await findDataFolder(dataFolder);
      if (folder === null) {
        throw localError('local_not_running', `No stack was ever started in ${dataFolder}.`);
      }
      await work(folder);
    },
  );
}

function locked<T>(dataFolder: string, report: Report, work: () => Promise<T>): Promise<T> {
  return withLock(join(resolve(dataFolder), 'lock'), report, work);
}

async function startAll(folder: DataFolder, tools: Tools | null, report: Report): Promise<void> {
  const before = serverNames.filter((name) => running(pidFile(folder.path, name)) !== null);
  const start = (name: ServerName): Promise<void> => startServerProcess(servers[name], folder, tools, report);
  // The registry keeps its schemas in Postgres.
  const outcomes = await Promise.allSettled([start('postgres').then(() => start('registry')), start('kafka')]);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) {
    const mine = serverNames.filter((name) => !before.includes(name));
    await Promise.all(
      mine.map((name) => endProcess(pidFile(folder.path, name), servers[name].stopSignal, stopLimitMs)),
    );
    throw failed.reason;
  }
}

async function stopAll(folder: DataFolder): Promise<void> {
  const stop = (name: ServerName): Promise<void> =>
    endProcess(pidFile(folder.path, name), servers[name].stopSignal, stopLimitMs);
  await Promise.all([stop('registry').then(() => stop('postgres')), stop('kafka')]);
}

function allRunning(folder: DataFolder): boolean {
  return serverNames.every((name) => running(pidFile(folder.path, name)) !== null);
}

function addressesOf(folder: DataFolder): StackAddresses {
  return {
    kafkaBrokers: kafka.address(folder),
    schemaRegistryUrl: registry.address(folder),
    databaseUrl: databaseUrl(folder),
  };
}

async function statusOf(server: Server, folder: DataFolder): Promise<ServerStatus> {
  const file = pidFile(folder.path, server.name);
  const { name, title } = server;
  const address = server.address(folder);
  const last = remembered(file);
  if (last === null) {
    return { name, title, address, state: 'stopped', pid: null, since: null };
  }
  const { pid, since } = last;
  if (running(file) === null) {
    return { name, title, address, state: 'crashed', pid, since };
  }
  return { name, title, address, state: (await server.answers(folder)) ? 'running' : 'silent', pid, since };
}
