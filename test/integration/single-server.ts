/** One server of a stack at a time: what do the others do without it? */
import { resolve } from 'node:path';
import { findDataFolder, pidFile, type ServerName } from '../../local/data-folder.ts';
import { localError } from '../../local/errors.ts';
import { endProcess } from '../../local/process.ts';
import { endServer, servers } from '../../local/servers.ts';
import { startServerProcess } from '../../local/start-server.ts';
import { findTools } from '../../local/tools.ts';

/** Starts the server of a stack that was started before, and returns when it answers. */
export async function startServer(dataFolder: string, name: ServerName): Promise<void> {
  const folder = await findDataFolder(dataFolder);
  if (folder === null) {
    throw localError('local_not_running', `No stack was ever started in ${dataFolder}.`);
  }
  const report = (): void => {};
  await startServerProcess(servers[name], folder, () => findTools(report), report);
}

/** Ends the server in good order. */
export function stopServer(dataFolder: string, name: ServerName): Promise<void> {
  return endServer(resolve(dataFolder), name);
}

/** Ends the server at once (SIGKILL), as a crash would. */
export function killServer(dataFolder: string, name: ServerName): Promise<void> {
  return endProcess(pidFile(resolve(dataFolder), name), 'SIGKILL', 10_000);
}
