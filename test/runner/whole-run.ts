import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endLeftovers, TEST_FOLDER } from './leftovers.ts';
import { type Outcome, show, showOutcome } from './progress.ts';

/**
 * One run of a test command, from the root of the project and with a folder of its own. Whatever happens, nothing that
 * was begun in the folder is left. The last line is `N passed, N failed`; the process fails if anything did, and when it
 * is interrupted or nobody reads what it says.
 *
 * @param name what the folder is called after
 */
export async function wholeRun(
  name: string,
  run: (folder: string, interrupted: AbortSignal) => Promise<Outcome>,
): Promise<void> {
  const begin = performance.now();
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  const interrupted = new AbortController();
  process.chdir(join(import.meta.dirname, '../..'));
  process.env[TEST_FOLDER] = folder;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interrupted.abort());
  }
  // `npm test | head`: who reads the output has left. Unheard, the error would end the process, and leave servers behind.
  process.stdout.on('error', () => interrupted.abort());
  try {
    let outcome = await run(folder, interrupted.signal);
    if (interrupted.signal.aborted) {
      show('Interrupted.');
      outcome = { ...outcome, failed: outcome.failed + 1 };
    }
    showOutcome('all', '', outcome, begin);
    show(`${outcome.passed} passed, ${outcome.failed} failed`);
    process.exitCode = outcome.failed === 0 ? 0 : 1;
  } finally {
    await endLeftovers(folder);
  }
}
