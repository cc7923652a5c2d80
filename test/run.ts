/**
 * `npm test`: every check and every test, on real servers. The last line is `N passed, N failed`.
 * Arguments choose: names of stages, or paths of test files and folders.
 */
import { globSync, mkdtempSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { resetStack, startStack } from '../local/stack.ts';
import { stackEnvironment } from './integration/stack.ts';
import { runCommand } from './runner/command.ts';
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

process.chdir(root);
await main();

async function main(): Promise<void> {
  const begin = performance.now();
  let sum = nothing;
  for (const [name, run] of Object.entries(stages)) {
    if (
      words.length === 0 ||
      words.includes(name) ||
      (paths.length > 0 && (name === 'unit' || name === 'integration'))
    ) {
      sum = plus(sum, await run());
    }
  }
  if (sum.passed + sum.failed === 0) {
    show(`Nothing fits ${words.join(' ')}: name a stage (${Object.keys(stages).join(', ')}) or the path of a test.`);
    sum = { passed: 0, failed: 1 };
  }
  showOutcome('all', '', sum, begin);
  show(`${sum.passed} passed, ${sum.failed} failed`);
  process.exitCode = sum.failed === 0 ? 0 : 1;
}

function plus(a: Outcome, b: Outcome): Outcome {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed };
}

/** Tests that stand beside their file: no servers. */
async function runUnitTests(): Promise<Outcome> {
  const files = testFiles().filter((file) => !isBelow(file, join(root, 'test')));
  const limits = { concurrency: availableParallelism(), testMs: 2 * MINUTE, stageMs: 10 * MINUTE };
  return files.length === 0 ? nothing : runTests('unit', files, limits);
}

/** Tests below test/: one stack for all of them, in a folder that is gone afterwards. */
async function runIntegrationTests(): Promise<Outcome> {
  const files = testFiles().filter((file) => isBelow(file, join(root, 'test')));
  if (files.length === 0) {
    return nothing;
  }
  const begin = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'apportion-test-'));
  const stop = (): Promise<void> => resetStack(folder, () => {});
  stopOnSignals(stop);
  try {
    const stack = await startStack(folder, (line) => showStep('stack', line));
    process.env[stackEnvironment.kafkaBrokers] = stack.kafkaBrokers;
    process.env[stackEnvironment.schemaRegistryUrl] = stack.schemaRegistryUrl;
    process.env[stackEnvironment.databaseUrl] = stack.databaseUrl;
    return await runTests('integration', files, { concurrency: 2, testMs: 5 * MINUTE, stageMs: 20 * MINUTE });
  } catch (error) {
    show(String(error));
    const failed = { passed: 0, failed: 1 };
    showOutcome('stack', 'could not be started', failed, begin);
    return failed;
  } finally {
    await stop();
  }
}

function stopOnSignals(stop: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      void stop().finally(() => process.exit(1));
    });
  }
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
