/** Builds what is missing of the third-party servers, into a folder that all clones share. */
import { existsSync, globSync, rmSync, statfsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withLock } from '../../../local/lock.ts';
import { realServerError } from '../errors.ts';
import { buildProgram } from './build-program.ts';
import { type Program, programFolder } from './program.ts';
import { programs } from './programs.ts';

export type ProgramName = keyof typeof programs;

/** Small ones first: what is missing on the machine shows early. */
export const programNames: readonly ProgramName[] = ['moto', 'etcd', 'kwok', 'metricsServer', 'kubernetes'];

/** Where each program stands. */
export type ProgramFolders = Readonly<Record<ProgramName, string>>;

/** What the whole build takes at its largest: 6.5 GB of what Go fetches and compiles, and what comes out of it. */
const leastFreeBytes = 8e9;

/** Longer than any build takes: another process that builds the same is waited for. */
const lockLimitMs = 3_600_000;

/**
 * Builds the named programs that are not there yet. What Go has fetched and compiled stays until all of them are built,
 * so that after a failure the next try goes on from it.
 * Errors: `real_go_missing`, `real_python_missing`, `real_disk_full`, `real_build_failed`.
 */
export async function buildPrograms(
  names: readonly ProgramName[],
  report: (line: string) => void,
  interrupted: AbortSignal,
): Promise<ProgramFolders> {
  const cache = cacheFolder();
  const missing = (): readonly Program[] => names.map((name) => programs[name]).filter((each) => !isBuilt(cache, each));
  if (missing().length > 0) {
    const work = (): Promise<void> => buildAll(missing(), cache, report, interrupted);
    await withLock(join(cache, 'lock'), report, work, lockLimitMs);
  }
  return {
    moto: programFolder(cache, programs.moto),
    etcd: programFolder(cache, programs.etcd),
    kwok: programFolder(cache, programs.kwok),
    metricsServer: programFolder(cache, programs.metricsServer),
    kubernetes: programFolder(cache, programs.kubernetes),
  };
}

const isBuilt = (cache: string, program: Program): boolean => existsSync(programFolder(cache, program));

function cacheFolder(): string {
  const { REAL_SERVERS_FOLDER: own, XDG_CACHE_HOME: cache } = process.env;
  if (own !== undefined && own !== '') {
    return own;
  }
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'apportion', 'real-servers');
}

/** The lock is held: what is unfinished was left by a process that was killed. */
async function buildAll(
  missing: readonly Program[],
  cache: string,
  report: (line: string) => void,
  interrupted: AbortSignal,
): Promise<void> {
  for (const left of globSync('unfinished-*', { cwd: cache })) {
    rmSync(join(cache, left), { recursive: true, force: true });
  }
  demandSpace(cache);
  const goFolder = join(cache, 'go');
  for (const program of missing) {
    await buildProgram(program, cache, { goFolder, report, interrupted });
  }
  rmSync(goFolder, { recursive: true, force: true });
}

function demandSpace(cache: string): void {
  const { bavail, bsize } = statfsSync(cache);
  if (bavail * bsize < leastFreeBytes) {
    const free = ((bavail * bsize) / 1e9).toFixed(1);
    const needs = `the build needs up to ${leastFreeBytes / 1e9}`;
    throw realServerError('real_disk_full', `The disk of ${cache} has ${free} GB free; ${needs}.`);
  }
}
