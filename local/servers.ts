import { pidFile, type ServerName, serverNames } from './data-folder.ts';
import { kafka } from './kafka.ts';
import { postgres } from './postgres.ts';
import { endProcess, running } from './process.ts';
import { registry } from './registry.ts';
import type { Server } from './server.ts';

export const servers: Readonly<Record<ServerName, Server>> = { postgres, kafka, registry };

const stopLimitMs = 30_000;

/** Ends the server in good order, if it runs; kills it when that takes too long. `path` is the absolute data folder. */
export function endServer(path: string, name: ServerName): Promise<void> {
  return endProcess(pidFile(path, name), servers[name].stopSignal, stopLimitMs);
}

/** Ends all that run. The registry goes before Postgres, which keeps its schemas. */
export async function endServers(path: string, names: readonly ServerName[] = serverNames): Promise<void> {
  const end = async (name: ServerName): Promise<void> => {
    if (names.includes(name)) {
      await endServer(path, name);
    }
  };
  await Promise.all([end('registry').then(() => end('postgres')), end('kafka')]);
}

export function isRunning(path: string, name: ServerName): boolean {
  return running(pidFile(path, name)) !== null;
}
