/**
 * `npm test`: every check and every test, on real servers. The last line is `N passed, N failed`.
 * Arguments choose: names of stages, or paths of test files and folders.
 */
import { globSync, mkdtempSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { inspect } from 'node:util';
import { startStack } from '../local/stack.ts';
import { ApportionError } from '../runtime/errors.ts';
import { stackEnvironment } from './integration/stack.ts';
import { runCommand } from './runner/command.ts';
import { endLeftovers, TEST_FOLDER } from './runner/leftovers.ts';
import { type Outcome, show, showOutcome, showStep } from './runner/progress.ts';
import { runTests } from './runner/tests.ts';

const MINUTE = 60_000;

const stages: Readonly<Record<string, () => Promise<Outcome>>> = {
  types: () => runCommand('types', 'tsc', ['-p', '.']),
  format: () =>
    runCommand('format', 'biome', [
      'ci',
      '--error-on-warnings',
      ...(process.stdout.isTTY ? [] : ['--colors=off']),
      '.',
    ]),
  exports: () => runCommand('exports', 'knip', []),
  unit: () => runUnitTests(),
  integration: () => runIntegrationTests(),
};

const root = join(import.meta.dirname, '..');
const words = process.argv.slice(2);
const paths = words.filter((word) => !(word in stages)).map((path) => resolve(path));
const nothing: Outcome = { passed: 0, failed: 0 };
const folder = mkdtempSync(join(tmpdir(), 'apportion-tests-'));
const interrupted = new AbortController();

process.chdir(root);
process.env[TEST_FOLDER] = folder;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interrupted.abort());
}
try {
  await main();
} finally {
  await endLeftovers(folder);
}

async function main(): Promise<void> {
  const begin = performance.now();
  let sum = nothing;
  for (const [name, run] of Object.entries(stages)) {
    if (isWanted(name) && !interrupted.signal.aborted) {
      sum = plus(sum, await run());
    }
  }
  if (interrupted.signal.aborted) {
    show('Interrupted.');
    sum = plus(sum, { passed: 0, failed: 1 });
  }
  if (sum.passed + sum.failed === 0) {
    show(`Nothing fits ${words.join(' ')}: name a stage (${Object.keys(stages).join(', ')}) or the path of a test.`);
    sum = { passed: 0, failed: 1 };
  }
  showOutcome('all', '', sum, begin);
  show(`${sum.passed} passed, ${sum.failed} failed`);
  process.exitCode = sum.failed === 0 ? 0 : 1;
}

function isWanted(stage: string): boolean {
  const isTests = stage === 'unit' || stage === 'integration';
  return words.length === 0 || words.includes(stage) || (paths.length > 0 && isTests);
}

function plus(a: Outcome, b: Outcome): Outcome {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed };
}

/** Tests that stand beside their file: no servers. */
async function runUnitTests(): Promise<Outcome> {
  const files = testFiles().filter((file) => !isBelow(file, join(root, 'test')));
  const limits = { concurrency: availableParallelism(), testMs: 2 * MINUTE, stageMs: 10 * MINUTE };
  return files.length === 0 ? nothing : runTests('unit', files, limits, interrupted.signal);
}

/** Tests below test/: one stack for all of them. */
async function runIntegrationTests(): Promise<Outcome> {
  const files = testFiles().filter((file) => isBelow(file, join(root, 'test')));
  if (files.length === 0) {
    return nothing;
  }
  const begin = performance.now();
  try {
    const stack = await startStack(join(folder, 'stack'), (line) => showStep('stack', line));
    process.env[stackEnvironment.kafkaBrokers] = stack.kafkaBrokers;
    process.env[stackEnvironment.schemaRegistryUrl] = stack.schemaRegistryUrl;
    process.env[stackEnvironment.databaseUrl] = stack.databaseUrl;
  } catch (error) {
    show(error instanceof ApportionError ? `${error.message}\n${error.advice}` : inspect(error));
    const failed = { passed: 0, failed: 1 };
    showOutcome('stack', 'could not be started', failed, begin);
    return failed;
  }
  const limits = { concurrency: 2, testMs: 5 * MINUTE, stageMs: 20 * MINUTE };
  return runTests('integration', files, limits, interrupted.signal);
}

function testFiles(): readonly string[] {
  const folders = ['node_modules', '.stryker-tmp', '.git'];
  return globSync('**/*.test.ts', { exclude: (name) => folders.includes(name) })
    .map((file) => join(root, file))
    .filter((file) => paths.length === 0 || paths.some((path) => isBelow(file, path)))
    .sort();
}

function isBelow(file: string, path: string): boolean {
  return file === path || file.startsWith(path + sep);
}
