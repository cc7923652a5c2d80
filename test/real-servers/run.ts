/**
 * `npm run test:real-servers`: tests on third-party servers, which are built when they are missing, started, and ended.
 * The last line is `N passed, N failed`. Arguments choose: names of files in this folder, without `.real.ts`. With
 * `--record` the recordings of the tests are written anew; with `--build-only` all servers are built and no test is run.
 */
import { cpSync, globSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { inspect } from 'node:util';
import { ApportionError } from '../../runtime/errors.ts';
import { type Outcome, show, showStep } from '../runner/progress.ts';
import { runTests } from '../runner/tests.ts';
import { wholeRun } from '../runner/whole-run.ts';
import { buildPrograms, type ProgramName, programNames } from './build/build-programs.ts';
import { tellRecording } from './environment.ts';
import { type RealServer, serversOf } from './servers.ts';

const MINUTE = 60_000;

/** One file at a time: they share the servers, and some stop one for a while. */
const limits = { concurrency: 1, testMs: 5 * MINUTE, stageMs: 30 * MINUTE };

const stage = 'real-servers';
const words = process.argv.slice(2);
const flags = ['--record', '--build-only'];
const files = globSync(join(import.meta.dirname, '*.real.ts')).sort();
const names = files.map((file) => basename(file, '.real.ts'));

await wholeRun('apportion-real', async (folder, interrupted) => {
  const outcome = await outcomeOfAll(folder, interrupted);
  if (outcome.failed > 0) keepLogs(folder);
  return outcome;
});

async function outcomeOfAll(folder: string, interrupted: AbortSignal): Promise<Outcome> {
  try {
    return await buildAndTest(folder, interrupted);
  } catch (error) {
    show(error instanceof ApportionError ? `${error.message}\n${error.advice}` : inspect(error));
    return { passed: 0, failed: 1 };
  }
}

async function buildAndTest(folder: string, interrupted: AbortSignal): Promise<Outcome> {
  const unknown = words.filter((word) => !flags.includes(word) && !names.includes(word));
  if (unknown.length > 0) {
    show(`There is no ${unknown.join(', ')}: choose any of ${[...flags, ...names].join(', ')}.`);
    return { passed: 0, failed: 1 };
  }
  if (words.includes('--build-only')) {
    await build(programNames, interrupted);
    return { passed: 0, failed: 0 };
  }
  if (words.includes('--record')) tellRecording();
  const isAll = !words.some((word) => names.includes(word));
  const chosen = files.filter((_, at) => isAll || words.includes(names[at] ?? ''));
  return startAndTest(serversOf(chosen), chosen, folder, interrupted);
}

async function startAndTest(
  servers: readonly RealServer[],
  chosen: readonly string[],
  folder: string,
  interrupted: AbortSignal,
): Promise<Outcome> {
  const wanted = servers.flatMap((server) => server.programs);
  const programs = await build(wanted, interrupted);
  try {
    for (const { name, start } of servers) {
      const begin = performance.now();
      await start(programs, join(folder, name));
      showStep(stage, `${name} answers after ${((performance.now() - begin) / 1000).toFixed(1)} s`);
    }
    return await runTests(stage, chosen, limits, interrupted);
  } finally {
    await Promise.all(servers.map(({ name, stop }) => stop(join(folder, name))));
  }
}

function build(wanted: readonly ProgramName[], interrupted: AbortSignal): ReturnType<typeof buildPrograms> {
  return buildPrograms(wanted, (line) => showStep(stage, line), interrupted);
}

/** The folder of the servers is about to go, and with it what they have said. */
function keepLogs(folder: string): void {
  const logs = globSync('**/*.log', { cwd: folder });
  if (logs.length === 0) return;
  const kept = mkdtempSync(join(tmpdir(), 'apportion-real-logs-'));
  for (const log of logs) cpSync(join(folder, log), join(kept, log));
  show(`The logs of the servers are kept in ${kept}`);
}
