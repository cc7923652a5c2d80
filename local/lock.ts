import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { localError } from './errors.ts';
import { beginOf, running } from './process.ts';

const waitMs = 90_000;

/**
 * Does the work while nobody else, in this process or another, holds the lock file. Waits for a holder that is alive;
 * a lock whose holder is gone is taken over. Errors: `local_busy`.
 */
export async function withLock<T>(file: string, report: (line: string) => void, work: () => Promise<T>): Promise<T> {
  await takeLock(file, report);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

async function takeLock(file: string, report: (line: string) => void): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  const holder = JSON.stringify({ pid: process.pid, startedAt: beginOf(process.pid), since: new Date().toISOString() });
  const end = Date.now() + waitMs;
  let told = false;
  while (!createNew(file, holder)) {
    const other = running(file);
    if (other === null) {
      rmSync(file, { force: true });
      continue;
    }
    if (Date.now() > end) {
      throw localError(
        'local_busy',
        `Process ${other.pid} has been changing this stack since ${other.since} (${file}).`,
      );
    }
    if (!told) {
      report(`Waiting for process ${other.pid}, which is changing this stack`);
      told = true;
    }
    await sleep(100);
  }
}

function createNew(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      return false;
    }
    throw error;
  }
}
