import { once } from 'node:events';
import { relative } from 'node:path';
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
  const results = new Map(files.map((file) => [file, new FileResult(stage, file)]));
  const events = run({
    files: [...files],
    concurrency: limits.concurrency,
    timeout: limits.testMs,
    signal: AbortSignal.any([AbortSignal.timeout(limits.stageMs), interrupted]),
    // A test that has failed by its limit holds its process open no longer.
    execArgv: ['--test-force-exit'],
  });
  events.on('test:dequeue', ({ name }) => results.get(name)?.begin());
  events.on('test:stdout', ({ file, message }) => results.get(file)?.say(message));
  events.on('test:stderr', ({ file, message }) => results.get(file)?.say(message));
  events.on('test:pass', (data) => {
    const result = results.get(data.file ?? '');
    if (data.name === data.file) {
      result?.fail('holds no test');
      result?.end();
    } else if (data.skip !== undefined || data.todo !== undefined) {
      result?.fail(`${data.name}: skipped`);
    } else if (data.details.type !== 'suite') {
      result?.pass();
    }
  });
  events.on('test:fail', (data) => {
    const { error } = data.details;
    const result = results.get(data.file ?? '');
    const isOnlyAbove = 'failureType' in error && error.failureType === 'subtestsFailed';
    if (!isOnlyAbove) {
      result?.fail(`${data.name} (line ${data.line})\n${inspect(error.cause ?? error, { depth: 8 })}`);
    }
    if (data.name === data.file) {
      result?.end();
    }
  });
  events.on('test:summary', ({ file }) => results.get(file ?? '')?.end());
  events.resume();
  await once(events, 'end');
  const all = [...results.values()];
  for (const result of all) {
    result.end();
  }
  return {
    passed: all.reduce((sum, result) => sum + result.passed, 0),
    failed: all.reduce((sum, result) => sum + result.failed, 0),
  };
}

class FileResult {
  passed = 0;
  failed = 0;
  readonly #stage: string;
  readonly #file: string;
  #output = '';
  #begin = performance.now();
  #isOver = false;

  constructor(stage: string, file: string) {
    this.#stage = stage;
    this.#file = file;
  }

  begin(): void {
    this.#begin = performance.now();
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
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    if (this.failed > 0 && this.#output !== '') {
      show(this.#output.trimEnd());
    }
    if (this.passed + this.failed === 0) this.fail('came to no end');
    showOutcome(this.#stage, relative('.', this.#file), this, this.#begin);
  }
}
