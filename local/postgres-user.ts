/** Postgres refuses to run as root: as root it runs as the user `postgres`, which is made when it is missing. */
import { chownSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { localError } from './errors.ts';
import type { Command } from './process.ts';
import { runToEnd } from './run.ts';

/** The command as a user who is not root and who owns the data. Errors: `local_postgres_user`. */
export async function asPostgresUser(command: Command, data: string): Promise<Command> {
  if (process.getuid?.() !== 0) {
    return command;
  }
  const user = (await findUser()) ?? (await makeUser());
  if (!existsSync(data)) {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    chownSync(data, user.uid, user.gid);
  }
  return isReachable(command.file) && isReachable(dirname(data))
    ? { ...command, user }
    : throughClosedFolders(command, user);
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

async function findUser(): Promise<User | null> {
  const [uid, gid] = await Promise.all([runToEnd('id', ['-u', 'postgres']), runToEnd('id', ['-g', 'postgres'])]);
  return uid.code === 0 && gid.code === 0 ? { uid: Number(uid.output), gid: Number(gid.output) } : null;
}

async function makeUser(): Promise<User> {
  const made = await runToEnd('useradd', ['--system', '--user-group', '--no-create-home', 'postgres']);
  const user = await findUser();
  if (user === null) {
    throw localError(
      'local_postgres_user',
      `There is no user named postgres, and making one failed: ${made.output.trim()}`,
    );
  }
  return user;
}

/** Whether any user may go through the folders to this file or folder, and read it. */
function isReachable(path: string): boolean {
  const parent = dirname(path);
  return (statSync(path).mode & 0o005) === 0o005 && (parent === path || isPassable(parent));
}

function isPassable(folder: string): boolean {
  const parent = dirname(folder);
  return (statSync(folder).mode & 0o001) === 0o001 && (parent === folder || isPassable(parent));
}

/**
 * A clone below /root is closed to other users. One capability lets Postgres through, and it still is not root.
 * capabilities(7): without no_setuid_fixup, access(2), by which Postgres looks at its files, would not see it.
 */
function throughClosedFolders(command: Command, user: User): Command {
  const identity = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
  const capability = ['--securebits=+no_setuid_fixup', '--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  return { ...command, file: 'setpriv', args: [...identity, ...capability, command.file, ...command.args] };
}
