import { styleText } from 'node:util';

/** What a stage, a check or a file of tests came to. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
}

/** One aligned line: the stage, what of it, how it went, how long it took. */
export function showOutcome(stage: string, what: string, outcome: Outcome, beginMs: number): void {
  const { passed, failed } = outcome;
  const counts = failed > 0 ? `${passed} passed, ${failed} failed` : `${passed} passed`;
  const took = `${((performance.now() - beginMs) / 1000).toFixed(1)} s`;
  const text = `${stage.padEnd(12)} ${what.padEnd(58)} ${counts.padEnd(22)} ${took.padStart(8)}`;
  show(failed > 0 ? styleText('red', text) : text);
}

/** A line of progress within a stage. */
export function showStep(stage: string, text: string): void {
  show(styleText('dim', `${stage.padEnd(12)} ${text}`));
}

export function show(text: string): void {
  process.stdout.write(`${text}\n`);
}
