import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const main = join(import.meta.dirname, '../../main.ts');
const LIMIT_MS = 120_000;

/** How a command of the command line ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `apportion ARGUMENTS` to its end as a process of its own. */
export async function apportion(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  stdin = '',
): Promise<Ended> {
  const child = startApportion(args, env);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin?.end(stdin);
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(limit);
  return { code, stdout, stderr };
}

/** Starts `apportion ARGUMENTS`; nothing of this process's own settings reaches it. */
export function startApportion(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('APPORTION_'));
  return spawn(process.execPath, [main, ...args], { env: { ...Object.fromEntries(inherited), ...env } });
}
