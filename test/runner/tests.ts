import { once } from 'node:events';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { inspect } from 'node:util';
import { type Outcome, show, showOutcome } from './progress.ts';

export interface Limits {
  /** Files that run at once. */
  readonly concurrency: number;
  readonly testMs: number;
  readonly stageMs: number;
}

/**
 * Runs each file of tests in a process of its own, and shows a line for each. A test that is skipped and a file without
 * tests count as failed: neither shows that anything holds.
 */
export async function runTests(
  stage: string,
  files: readonly string[],
  limits: Limits,
  interrupted: AbortSignal,
): Promise<Outcome> {
  const signal = AbortSignal.any([AbortSignal.timeout(limits.stageMs), interrupted]);
  const left = [...files];
  const sum = { passed: 0, failed: 0 };
  const worker = async (): Promise<void> => {
    for (let file = left.shift(); file !== undefined; file = left.shift()) {
      const { passed, failed } = await runFile(stage, file, limits.testMs, signal);
      sum.passed += passed;
      sum.failed += failed;
    }
  };
  await Promise.all(Array.from({ length: limits.concurrency }, worker));
  return sum;
}

/** One file at a time, since an event names the file in which its test is written, which may be a shared one. */
async function runFile(stage: string, file: string, testMs: number, signal: AbortSignal): Promise<Outcome> {
  const result = new FileResult(stage, file);
  const events = run({
    files: [file],
    timeout: testMs,
    signal,
    // A test that has failed by its limit holds its process open no longer.
    execArgv: ['--test-force-exit', '--import', join(import.meta.dirname, 'blocking-output.ts')],
  });
  events.on('test:stdout', ({ message }) => result.say(message));
  events.on('test:stderr', ({ message }) => result.say(message));
  events.on('test:pass', ({ name, skip, todo, details }) => {
    if (name === file) result.fail('holds no test');
    else if (skip !== undefined || todo !== undefined) result.fail(`${name}: skipped`);
    else if (details.type !== 'suite') result.pass();
  });
  events.on('test:fail', ({ name, line, details: { error } }) => {
    const isOnlyAbove = 'failureType' in error && error.failureType === 'subtestsFailed';
    if (!isOnlyAbove) result.fail(`${name} (line ${line})\n${inspect(error.cause ?? error, { depth: 8 })}`);
  });
  events.resume();
  await once(events, 'end');
  result.end();
  return result;
}

class FileResult {
  passed = 0;
  failed = 0;
  readonly #stage: string;
  readonly #file: string;
  readonly #begin = performance.now();
  #output = '';

  constructor(stage: string, file: string) {
    this.#stage = stage;
    this.#file = file;
  }

  say(text: string): void {
    this.#output += text;
  }

  pass(): void {
    this.passed++;
  }

  fail(reason: string): void {
    this.failed++;
    show(`\nFailed: ${relative('.', this.#file)}: ${reason}\n`);
  }

  end(): void {
    if (this.failed > 0 && this.#output !== '') show(this.#output.trimEnd());
    if (this.passed + this.failed === 0) this.fail('came to no end');
    showOutcome(this.#stage, relative('.', this.#file), this, this.#begin);
  }
}
