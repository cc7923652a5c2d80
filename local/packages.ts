/** Brings Kafka and the registry, by Maven and the pom beside this file, into a folder that all clones share. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { localError } from './errors.ts';
import { runToEnd } from './run.ts';

const pom = join(import.meta.dirname, 'pom.xml');

/**
 * The folder with `kafka/*.jar` and `registry/`, named by what the pom says: another version comes into another folder.
 * It is filled beside its place and moved there at the end, so that an interrupted download leaves nothing half.
 * Errors: `local_maven_missing`, `local_download_failed`.
 */
export async function bringPackages(report: (line: string) => void): Promise<string> {
  const folder = join(
    cacheFolder(),
    `servers-${createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12)}`,
  );
  if (existsSync(folder)) {
    return folder;
  }
  report('Bringing Kafka and the schema registry by Maven, about 160 MB, once');
  mkdirSync(cacheFolder(), { recursive: true });
  const unfinished = mkdtempSync(join(cacheFolder(), 'unfinished-'));
  try {
    await runMaven(unfinished, report);
    moveIntoPlace(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}

function cacheFolder(): string {
  const { XDG_CACHE_HOME: cache } = process.env;
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'apportion');
}

async function runMaven(target: string, report: (line: string) => void): Promise<void> {
  let files = 0;
  const args = ['-B', '-f', pom, 'package', `-Dtarget=${target}`];
  const run = await runToEnd('mvn', args, (line) => {
    files += line.startsWith('[INFO] Downloaded') ? 1 : 0;
    if (line.startsWith('[INFO] Downloaded') && files % 25 === 0) {
      report(`  ${files} files`);
    }
  });
  if (run.code === null) {
    throw localError('local_maven_missing', `Maven is not to be found: ${run.output}.`);
  }
  if (run.code !== 0) {
    const reasons = run.output.split('\n').filter((line) => line.startsWith('[ERROR] ') && line.length > 10);
    throw localError('local_download_failed', `Maven could not bring the servers:\n${reasons.slice(0, 5).join('\n')}`);
  }
}

function moveIntoPlace(unfinished: string, folder: string): void {
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    // Another process has brought the same in the meantime.
    if (!existsSync(folder)) {
      throw error;
    }
  }
}
