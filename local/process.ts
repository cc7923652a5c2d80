/**
 * Child processes that outlive the process that starts them. Each is remembered in a file by its id and the time at
 * which the system says it began, because ids are given again to others.
 */
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Added to the environment of this process. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** The user to run as, where it is not the present one. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** A process that was started, as its file remembers it. */
export interface Remembered {
  readonly pid: number;
  /** What the system calls the begin of the process: only compared. */
  readonly startedAt: string;
  /** ISO 8601. */
  readonly since: string;
}

/**
 * Starts the command in a session of its own, with its output appended to the log, and remembers it. Why a file could
 * not be run stands in the log, as its last words would.
 */
export function startProcess(command: Command, pidFile: string, logFile: string): void {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  try {
    const child = spawn(command.file, [...command.args], {
      cwd: command.cwd,
      env: { ...process.env, ...command.env },
      ...command.user,
      detached: true,
      stdio: ['ignore', log, log],
    });
    child.once('error', (error) => appendFileSync(logFile, `${error.message}\n`));
    child.unref();
    if (child.pid !== undefined) {
      remember(pidFile, child.pid);
    }
  } finally {
    closeSync(log);
  }
}

function remember(pidFile: string, pid: number): void {
  const remembered: Remembered = { pid, startedAt: beginOf(pid) ?? '', since: new Date().toISOString() };
  writeFileSync(pidFile, `${JSON.stringify(remembered)}\n`);
}

/** What the file remembers, whether or not it is still running; null when there is no readable file. */
export function remembered(pidFile: string): Remembered | null {
  try {
    return JSON.parse(readFileSync(pidFile, 'utf8')) as Remembered;
  } catch {
    return null;
  }
}

/** The remembered process, when it is alive and still the same one. */
export function running(pidFile: string): Remembered | null {
  const found = remembered(pidFile);
  return found !== null && isAlive(found) ? found : null;
}

function isAlive(found: Remembered): boolean {
  return beginOf(found.pid) === found.startedAt;
}

/** Sends the signal and waits; after `limitMs` the process is killed. Forgets it. */
export async function endProcess(pidFile: string, signal: NodeJS.Signals, limitMs: number): Promise<void> {
  const found = running(pidFile);
  if (found !== null) {
    send(found.pid, signal);
    if (!(await gone(found, limitMs))) {
      send(found.pid, 'SIGKILL');
      await gone(found, 10_000);
    }
  }
  rmSync(pidFile, { force: true });
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended between the look and the signal.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) {
      throw error;
    }
  }
}

async function gone(found: Remembered, limitMs: number): Promise<boolean> {
  const end = Date.now() + limitMs;
  while (isAlive(found)) {
    if (Date.now() > end) {
      return false;
    }
    await sleep(20);
  }
  return true;
}

/** When the process began, in whatever unit the system counts; null when there is none, or only its remains. */
export function beginOf(pid: number): string | null {
  return process.platform === 'linux' ? beginFromProc(pid) : beginFromPs(pid);
}

/** proc_pid_stat(5): the name stands in brackets and may hold spaces; field 3 is the state, field 22 the start time. */
function beginFromProc(pid: number): string | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  return state === 'Z' || state === 'X' ? null : (fields[19] ?? null);
}

function beginFromPs(pid: number): string | null {
  try {
    const [state, ...began] = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/);
    return state === undefined || state.startsWith('Z') ? null : began.join(' ');
  } catch {
    return null;
  }
}
