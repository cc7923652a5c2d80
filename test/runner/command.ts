import { runToEnd } from '../../local/run.ts';
import { type Outcome, show, showOutcome } from './progress.ts';

/** Runs a checker of the project; its output is shown when it fails. It counts as one test. */
export async function runCommand(stage: string, file: string, args: readonly string[]): Promise<Outcome> {
  const begin = performance.now();
  const run = await runToEnd(file, args);
  const outcome = run.code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  if (outcome.failed > 0) {
    show(run.output.trimEnd());
  }
  showOutcome(stage, [file, ...args].join(' '), outcome, begin);
  return outcome;
}
