import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { localError } from './errors.ts';
import { beginOf, running } from './process.ts';

const waitMs = 180_000;

/**
 * Does the work while nobody else, in this process or another, holds the lock file. Waits for a holder that is alive,
 * and takes the lock over from one that is gone. Errors: `local_busy`.
 */
export async function withLock<T>(
  file: string,
  report: (line: string) => void,
  work: () => Promise<T>,
  limitMs = waitMs,
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  await takeLock(file, report, limitMs);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

async function takeLock(file: string, report: (line: string) => void, limitMs: number): Promise<void> {
  const end = Date.now() + limitMs;
  let told = false;
  while (!createLock(file)) {
    const holder = running(file);
    if (holder === null) {
      removeStale(file);
      continue;
    }
    if (Date.now() > end) {
      throw localError(
        'local_busy',
        `Process ${holder.pid} has been changing this stack since ${holder.since} (${file}).`,
      );
    }
    if (!told) {
      report(`Waiting for process ${holder.pid}, which is changing this stack`);
      told = true;
    }
    await sleep(50);
  }
}

/** False when there is a lock already. The file appears with its text: nobody finds it empty and takes it for stale. */
function createLock(file: string): boolean {
  const mine = beside(file, 'new');
  const holder = { pid: process.pid, startedAt: beginOf(process.pid), since: new Date().toISOString() };
  writeFileSync(mine, JSON.stringify(holder));
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) {
      return false;
    }
    throw error;
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Of two who find the lock stale, the slower one may take away the faster one's new lock: it puts that back. */
function removeStale(file: string): void {
  const aside = beside(file, 'stale');
  try {
    renameSync(file, aside);
  } catch (error) {
    if (isCode(error, 'ENOENT')) {
      return;
    }
    throw error;
  }
  if (running(aside) === null) {
    rmSync(aside);
  } else {
    renameSync(aside, file);
  }
}

const beside = (file: string, what: string): string => `${file}.${process.pid}.${what}`;

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
