/** The three servers of Apportion without Docker: Kafka, schema registry, Postgres, kept in one data folder. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  type DataFolder,
  environmentFile,
  openDataFolder,
  removeDataFolder,
  removeIfEmpty,
  removeServerData,
  type ServerName,
  saveDataFolder,
  serverNames,
  writeWhole,
} from './data-folder.ts';
import { demandSpace, explained } from './disk.ts';
import { environmentText } from './environment.ts';
import { kafka } from './kafka.ts';
import { withLock } from './lock.ts';
import { databaseUrl } from './postgres.ts';
import { registry } from './registry.ts';
import { endServers, isRunning, servers } from './servers.ts';
import { startServerProcess } from './start-server.ts';
import { findTools } from './tools.ts';

/** Takes a line of progress for people. */
type Report = (line: string) => void;

/** Where a running stack is found. */
export interface StackAddresses {
  readonly kafkaBrokers: string;
  readonly schemaRegistryUrl: string;
  readonly databaseUrl: string;
}

/**
 * Starts what is not running, and returns when all three answer; with all three running it only looks. The first start
 * makes the folder. When one fails, those that this call has started are stopped again. Errors: see errors.ts.
 */
export function startStack(dataFolder: string, report: Report): Promise<StackAddresses> {
  return whileLocked(dataFolder, report, async (path) => {
    demandSpace(path);
    const folder = await openDataFolder(path);
    if (!folder.complete) {
      // A first start that came to no end: nobody has used what it has left.
      await endServers(path);
      removeServerData(path);
    }
    await startServers(folder, report);
    if (!folder.complete) {
      saveDataFolder({ ...folder, complete: true });
    }
    const addresses = addressesOf(folder);
    writeWhole(environmentFile(path), environmentText(addresses));
    return addresses;
  });
}

/** Stops what is running; data and ports stay. */
export async function stopStack(dataFolder: string, report: Report): Promise<void> {
  if (existsSync(dataFolder)) {
    await whileLocked(dataFolder, report, (path) => endServers(path));
  }
}

/** Stops what is running and deletes all data of the stack; other files in the folder stay. */
export async function resetStack(dataFolder: string, report: Report): Promise<void> {
  if (existsSync(dataFolder)) {
    await whileLocked(dataFolder, report, async (path) => {
      await endServers(path);
      removeDataFolder(path);
    });
    removeIfEmpty(dataFolder);
  }
}

function whileLocked<T>(dataFolder: string, report: Report, work: (path: string) => Promise<T>): Promise<T> {
  const path = resolve(dataFolder);
  return explained(path, () => withLock(join(path, 'lock'), report, () => work(path)));
}

async function startServers(folder: DataFolder, report: Report): Promise<void> {
  const missing = serverNames.filter((name) => !isRunning(folder.path, name));
  const tools = once(() => findTools(report));
  if (missing.length > 0) {
    // Before anything is started, so that nothing is when they are not there.
    await tools();
  }
  const start = (name: ServerName): Promise<void> => startServerProcess(servers[name], folder, tools, report);
  // The registry keeps its schemas in Postgres.
  const starts = await Promise.allSettled([start('postgres').then(() => start('registry')), start('kafka')]);
  for (const outcome of starts) {
    if (outcome.status === 'rejected') {
      await endServers(folder.path, missing);
      throw outcome.reason;
    }
  }
}

function once<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | null = null;
  return () => {
    found ??= find();
    return found;
  };
}

function addressesOf(folder: DataFolder): StackAddresses {
  return {
    kafkaBrokers: kafka.address(folder),
    schemaRegistryUrl: registry.address(folder),
    databaseUrl: databaseUrl(folder),
  };
}
