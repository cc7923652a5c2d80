import { type DataFolder, findDataFolder, pidFile, type ServerName, serverNames } from './data-folder.ts';
import { remembered } from './process.ts';
import type { Server } from './server.ts';
import { isRunning, servers } from './servers.ts';

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

/** How each server is, as far as can be seen without changing anything; nothing when no stack was ever started there. */
export async function stackStatus(dataFolder: string): Promise<readonly ServerStatus[]> {
  const folder = await findDataFolder(dataFolder);
  return folder === null ? [] : Promise.all(serverNames.map((name) => statusOf(servers[name], folder)));
}

async function statusOf(server: Server, folder: DataFolder): Promise<ServerStatus> {
  const last = remembered(pidFile(folder.path, server.name));
  return {
    name: server.name,
    title: server.title,
    address: server.address(folder),
    state: last === null ? 'stopped' : await stateOf(server, folder),
    pid: last?.pid ?? null,
    since: last?.since ?? null,
  };
}

async function stateOf(server: Server, folder: DataFolder): Promise<ServerStatus['state']> {
  if (!isRunning(folder.path, server.name)) {
    return 'crashed';
  }
  return (await server.answers(folder)) ? 'running' : 'silent';
}
