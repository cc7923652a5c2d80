/**
 * `npm run soak`: millions of calls through real processes and servers while a thousand things fail, and what has become
 * of them held against what follows from them alone. Writes a report; ends with 1 on any difference.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Command } from 'commander';
import { resetStack, startStack } from '../../local/stack.ts';
import { parseProgram, positiveNumber, wholeNumberFrom } from '../../runtime/terminal/program.ts';
import { differences } from './differences.ts';
import { withDisturbedRun } from './disturbed-run.ts';
import { faultInput } from './input.ts';
import { scenario } from './scenario.ts';
import { digestOf, type SoakReport, writeReport } from './soak-report.ts';

interface Options {
  readonly lines: number;
  readonly faults: number;
  readonly seed: number;
  readonly processes: number;
  readonly hours: number;
  readonly report: string;
}

const { options } = parseProgram<Options>(
  new Command('npm run soak --')
    .description('millions of calls while a thousand things fail; ends with 1 on any difference')
    .option('--lines <n>', 'calls to send', wholeNumberFrom(1), 10_000_000)
    .option('--faults <n>', 'faults while they are sent', wholeNumberFrom(0), 1_000)
    .option('--seed <n>', 'what calls and faults follow from', wholeNumberFrom(0), 1)
    .option('--processes <n>', 'processes of each role', wholeNumberFrom(1), 2)
    .option('--hours <n>', 'ends the input after so long', positiveNumber, 12)
    .option('--report <path>', 'where the report is written, as .md and .json', 'docs/soak-report'),
);
const { lines, faults, seed, processes, hours } = options;
const limitMs = hours * 3_600_000;

/** About as many calls on each day, between days enough for some to close and not more than the horizon keeps. */
const CALLS_PER_DAY = 50_000;
const days = Math.min(390, Math.max(14, Math.ceil(lines / CALLS_PER_DAY)));
/** Between two faults, so that some are left for as long as most faults last. */
const PIECES_PER_FAULT = 80;
const callsPerPiece = Math.max(25, Math.min(1_000, Math.floor(lines / faults / PIECES_PER_FAULT)));
/** Of days that are fed all the time, every revision stays in the topics: none is made more often than people could read it. */
const INTERVALS = { APPORTION_COMMIT_INTERVAL_MS: '250', APPORTION_OPEN_DAY_INTERVAL_MS: '1000' };
/** What settling may take when all that is left is to be read. */
const SETTLE_LIMIT_MS = 3_600_000;

const begunMs = Date.now();
const report: SoakReport = {
  begun: new Date(begunMs).toISOString(),
  seed,
  asked: { lines, faults, hours, processes },
  faults: {},
  missed: 0,
  lines: 0,
  records: 0,
  samples: 0,
  documents: 0,
  letters: 0,
  restarts: 0,
  fullDisk: '',
  digests: {},
  differences: [],
  failure: null,
  seconds: 0,
};

/** Whoever ends it early still hears what has become of all that was sent by then. */
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());

const dataFolder = mkdtempSync(join(tmpdir(), 'apportion-soak-'));
try {
  const stack = { dataFolder, ...(await startStack(dataFolder, say)) };
  const input = faultInput({ seed, nowMs: begunMs, calls: lines, days, callsPerPiece, changesCatalog: true });
  const signal = AbortSignal.any([AbortSignal.timeout(limitMs), interrupted.signal]);
  await withDisturbedRun(stack, input, { processes, variables: INTERVALS, signal }, async (disturbed) => {
    const { run, disk } = disturbed;
    report.fullDisk = disk.how;
    await disturbed.send(scenario({ seed, faults }), ({ kind, fault }, inflicted) => {
      if (inflicted === 'missed') report.missed += 1;
      else report.faults[kind] = (report.faults[kind] ?? 0) + 1;
      say(
        `${(100 * run.acknowledged).toFixed(1)} %, ${run.lines} lines, ${inflicted}: ${kind} ${JSON.stringify(fault)}`,
      );
    });
    say(`all is sent: ${run.lines} lines`);
    const outcome = await run.outcome(SETTLE_LIMIT_MS);
    say('settled');
    const expected = await run.expected();
    say('recomputed');
    report.lines = run.lines;
    report.records = expected.lines;
    report.samples = run.samples;
    report.documents = expected.postgres.size;
    report.letters = expected.letters.length;
    report.restarts = disturbed.restarts;
    report.digests = {
      expected: digestOf(expected.postgres),
      postgres: digestOf(outcome.postgres),
      subscriber: digestOf(outcome.subscriber),
    };
    report.differences = differences(expected, outcome);
    await run.audit();
    say('audited');
  });
} catch (error) {
  // Without where the project lies on this machine.
  report.failure = inspect(error).replaceAll(`${join(import.meta.dirname, '../..')}/`, '');
} finally {
  await resetStack(dataFolder, () => {});
}
report.seconds = Math.round((Date.now() - begunMs) / 1000);
const isRight = writeReport(report, options.report);
say(
  `${isRight ? 'no difference' : `${report.differences.length} differences; ${report.failure ?? ''}`}; see ${options.report}.md`,
);
process.exitCode = isRight ? 0 : 1;

function say(text: string): void {
  process.stdout.write(`${((Date.now() - begunMs) / 1000).toFixed(1).padStart(8)} s  ${text}\n`);
}
