/** `npm run bench`: every figure that is promised, measured side by side in one run on servers of its own. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Command } from 'commander';
import { machineText } from '../local/machine.ts';
import { resetStack, startStack } from '../local/stack.ts';
import { createLogger } from '../runtime/logger.ts';
import { parseProgram, positiveNumber, wholeNumberFrom } from '../runtime/terminal/program.ts';
import { styled } from '../runtime/terminal/style.ts';
import type { Bench, Benchmark, Measured } from './benchmark.ts';
import { benchmarks } from './benchmarks.ts';
import { type Figure, figureJson, figureTable } from './figure.ts';
import { type Section, writeReport } from './report.ts';

/** Where the reference job lies beside the project. */
const STREAMS = join(import.meta.dirname, '../../shared/bench/kafka-streams');

interface Options {
  readonly rounds: number;
  readonly size: number;
  readonly streams: string;
  readonly json?: string;
  readonly report?: string;
}

const names = benchmarks.map(({ name, about }) => `  ${name.padEnd(14)}${about}`).join('\n');
const { options, args } = parseProgram<Options>(
  new Command('npm run bench --')
    .description('measure what is promised, side by side, on servers of its own')
    .argument('[benchmarks...]', 'which ones; all when none is named')
    .option('--rounds <n>', 'how often each is measured; medians count', wholeNumberFrom(1), 3)
    .option('--size <share>', 'share of the full size', positiveNumber, 1)
    .option('--streams <folder>', 'the Kafka Streams reference job; left out, and said so, where it is not', STREAMS)
    .option('--json <file>', 'write the figures as one object of numbers')
    .option('--report <file>', 'write all of it as Markdown')
    .addHelpText('after', `\nBenchmarks:\n${names}`),
);

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());

await main(chosen(args), options);

async function main(wanted: readonly Benchmark[], { rounds, size, streams, json, report }: Options): Promise<void> {
  const begun = new Date();
  say(machineText());
  const dataFolder = mkdtempSync(join(tmpdir(), 'apportion-bench-'));
  const sections: Section[] = [];
  try {
    const stack = { dataFolder, ...(await startStack(dataFolder, say)) };
    const bench: Bench = {
      stack,
      rounds,
      size,
      streamsFolder: streams,
      logger: createLogger('error'),
      say,
      signal: interrupted.signal,
    };
    for (const benchmark of wanted) {
      if (interrupted.signal.aborted) break;
      say(styled('bold', `${benchmark.name}: ${benchmark.about}`));
      const section = { benchmark, ...(await measured(benchmark, bench)) };
      sections.push(section);
      process.stdout.write(`\n${section.details}\n\n`);
      // After each, so that whoever ends it early has those before.
      if (json !== undefined) writeFileSync(json, figureJson(sections.flatMap((each) => each.figures)));
      if (report !== undefined) writeReport(report, { begun, rounds, size, sections });
    }
  } finally {
    await resetStack(dataFolder, () => {});
  }
  show(sections.flatMap(({ figures }) => figures));
}

/** One that fails is told as such, and the others are measured all the same. */
async function measured(benchmark: Benchmark, bench: Bench): Promise<Measured> {
  try {
    return await benchmark.run(bench);
  } catch (error) {
    process.exitCode = 1;
    return { figures: [], details: `It has failed: ${inspect(error)}` };
  }
}

/** What is not reached is told, and fails nothing: a figure is a measurement, not a test. */
function show(figures: readonly Figure[]): void {
  const paint = (text: string, isReached: boolean): string => styled(isReached ? 'green' : 'red', text);
  process.stdout.write(`${figureTable(figures, paint)}\n`);
}

/** All of them, or those that are named. */
function chosen(wanted: readonly string[]): readonly Benchmark[] {
  const unknown = wanted.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0) {
    process.stderr.write(`There is no benchmark called ${unknown.join(' or ')}. There are:\n${names}\n`);
    process.exit(2);
  }
  return benchmarks.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
}

function say(text: string): void {
  process.stdout.write(`${(performance.now() / 1000).toFixed(1).padStart(8)} s  ${text}\n`);
}
