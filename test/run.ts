/**
 * `npm test`: every check and every test, on real servers. The last line is `N passed, N failed`.
 * Arguments choose: names of stages, or paths of test files and folders.
 */
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { inspect } from 'node:util';
import { startStack } from '../local/stack.ts';
import { ApportionError } from '../runtime/errors.ts';
import { stackEnvironment } from './integration/stack.ts';
import { runCommand } from './runner/command.ts';
import { type Outcome, show, showOutcome, showStep } from './runner/progress.ts';
import { runTests } from './runner/tests.ts';
import { wholeRun } from './runner/whole-run.ts';

const MINUTE = 60_000;

const stages: Readonly<Record<string, (folder: string, interrupted: AbortSignal) => Promise<Outcome>>> = {
  types: () => runCommand('types', 'tsc', ['-p', '.']),
  format: () =>
    runCommand('format', 'biome', [
      'ci',
      '--error-on-warnings',
      ...(process.stdout.isTTY ? [] : ['--colors=off']),
      '.',
    ]),
  exports: () => runCommand('exports', 'knip', []),
  unit: (_, interrupted) => runUnitTests(interrupted),
  integration: runIntegrationTests,
};

const root = join(import.meta.dirname, '..');
/** Tests that ask for servers lie here. */
const served = ['integration', 'faults'].map((folder) => join(root, 'test', folder));
const words = process.argv.slice(2);
const paths = words.filter((word) => !(word in stages)).map((path) => resolve(path));
const nothing: Outcome = { passed: 0, failed: 0 };

await wholeRun('apportion-tests', runStages);

async function runStages(folder: string, interrupted: AbortSignal): Promise<Outcome> {
  let sum = nothing;
  for (const [name, run] of Object.entries(stages)) {
    if (isWanted(name) && !interrupted.aborted) {
      sum = plus(sum, await run(folder, interrupted));
    }
  }
  if (sum.passed + sum.failed === 0 && !interrupted.aborted) {
    show(`Nothing fits ${words.join(' ')}: name a stage (${Object.keys(stages).join(', ')}) or the path of a test.`);
    return { passed: 0, failed: 1 };
  }
  return sum;
}

function isWanted(stage: string): boolean {
  const isTests = stage === 'unit' || stage === 'integration';
  return words.length === 0 || words.includes(stage) || (paths.length > 0 && isTests);
}

function plus(a: Outcome, b: Outcome): Outcome {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed };
}

/** Tests that stand beside their file: no servers. */
async function runUnitTests(interrupted: AbortSignal): Promise<Outcome> {
  const files = testFiles().filter((file) => !isBelow(file, join(root, 'test')));
  const limits = { concurrency: availableParallelism(), testMs: 2 * MINUTE, stageMs: 10 * MINUTE };
  return files.length === 0 ? nothing : runTests('unit', files, limits, interrupted);
}

/** Tests below test/: one stack for all of them, where any needs it. */
async function runIntegrationTests(folder: string, interrupted: AbortSignal): Promise<Outcome> {
  const files = testFiles().filter((file) => isBelow(file, join(root, 'test')));
  if (files.length === 0) {
    return nothing;
  }
  // One more than there are cores: a third of the time of these tests is waiting.
  const limits = { concurrency: availableParallelism() + 1, testMs: 5 * MINUTE, stageMs: 20 * MINUTE };
  const isServed = files.some((file) => served.some((folder) => isBelow(file, folder)));
  const unserved = isServed ? await startServers(folder) : null;
  return unserved ?? runTests('integration', files, limits, interrupted);
}

/** Tells tests the addresses of a stack; gives the outcome where there is none. */
async function startServers(folder: string): Promise<Outcome | null> {
  const begin = performance.now();
  // Servers live for minutes: what Java's second compiler makes of them would not pay for itself.
  const { JAVA_TOOL_OPTIONS = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' } = process.env;
  Object.assign(process.env, { JAVA_TOOL_OPTIONS });
  try {
    const stack = await startStack(join(folder, 'stack'), (line) => showStep('stack', line));
    process.env[stackEnvironment.kafkaBrokers] = stack.kafkaBrokers;
    process.env[stackEnvironment.schemaRegistryUrl] = stack.schemaRegistryUrl;
    process.env[stackEnvironment.databaseUrl] = stack.databaseUrl;
    return null;
  } catch (error) {
    show(error instanceof ApportionError ? `${error.message}\n${error.advice}` : inspect(error));
    const failed = { passed: 0, failed: 1 };
    showOutcome('stack', 'could not be started', failed, begin);
    return failed;
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
