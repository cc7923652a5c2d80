import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { ApportionError } from '../runtime/errors.ts';
import { localError } from './errors.ts';

const MIB = 1024 * 1024;

/** What an empty stack takes, and as much again to work with. */
const leastFreeBytes = 300 * MIB;

/** Servers that run out of space damage nothing, but end in the middle of something. Errors: `local_disk_full`. */
export function demandSpace(path: string): void {
  const { bavail, bsize } = statfsSync(nearestFolder(path));
  if (bavail * bsize < leastFreeBytes) {
    const free = Math.floor((bavail * bsize) / MIB);
    throw localError(
      'local_disk_full',
      `The disk of ${path} has ${free} MiB free; the stack needs ${leastFreeBytes / MIB}.`,
    );
  }
}

function nearestFolder(path: string): string {
  return existsSync(path) ? path : nearestFolder(dirname(path));
}

/** Does the work, and says for people what the system refuses. */
export async function explained<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ApportionError ? error : explain(error, path);
  }
}

function explain(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  const text = error instanceof Error ? error.message : String(error);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return localError('local_disk_full', `The disk of ${path} is full: ${text}.`, error);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'EEXIST':
      return localError('local_folder_unusable', `${path} cannot be used as data folder: ${text}.`, error);
    default:
      return error;
  }
}
