import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { choosePorts } from '../../local/ports.ts';
import type { ProgramFolders } from './build/build-programs.ts';
import { start } from './supervised.ts';

/**
 * Starts moto, which plays Amazon Web Services on one port: Cost Explorer (answers preset by the test), S3, Secrets
 * Manager and others, http://docs.getmoto.org/en/latest/docs/server_mode.html. Gives its URL.
 */
export async function startMoto({ moto }: ProgramFolders, folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const [port = 0] = await choosePorts(1);
  const url = `http://127.0.0.1:${port}`;
  await start({
    name: 'moto',
    command: {
      file: join(moto, 'bin', 'python'),
      args: ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)],
      env: {},
      cwd: folder,
    },
    answers: async () => (await fetch(`${url}/moto-api/data.json`)).ok,
  });
  return url;
}

/** Forgets all that was put into it. */
export async function emptyMoto(url: string): Promise<void> {
  const { status } = await fetch(`${url}/moto-api/reset`, { method: 'POST' });
  if (status !== 200) throw new Error(`moto could not be emptied: ${status}`);
}
