/** Third-party servers as children that are waited for, and ended by whoever knows their folder. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, endProcess, running, startProcess } from '../../local/process.ts';
import { realServerError } from './errors.ts';

export interface Supervised {
  readonly name: string;
  readonly command: Command;
  /** Whether it serves clients now. What it throws means no. */
  answers(): Promise<boolean>;
}

const startLimitMs = 120_000;
const stopLimitMs = 20_000;
const quotedLines = 15;

/**
 * Starts the server, with `NAME.pid` and `NAME.log` in its folder, and returns when it answers.
 * Errors, which quote its log: `real_server_ended`, `real_server_silent`.
 */
export async function start({ name, command, answers }: Supervised): Promise<void> {
  const pidFile = join(command.cwd, `${name}.pid`);
  const log = join(command.cwd, `${name}.log`);
  startProcess(command, pidFile, log);
  const end = Date.now() + startLimitMs;
  while (!(await answers().catch(() => false))) {
    if (running(pidFile) === null) {
      throw realServerError('real_server_ended', `${name} ended while starting. The end of ${log}:\n${lastLines(log)}`);
    }
    if (Date.now() > end) {
      const after = `${name} did not answer within ${startLimitMs / 1000} s`;
      throw realServerError('real_server_silent', `${after}. The end of ${log}:\n${lastLines(log)}`);
    }
    await sleep(50);
  }
}

/** Ends the server in good order, if it runs; kills it when that takes too long. */
export function stop(folder: string, name: string): Promise<void> {
  return endProcess(join(folder, `${name}.pid`), 'SIGTERM', stopLimitMs);
}

function lastLines(log: string): string {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-quotedLines).join('\n');
}
