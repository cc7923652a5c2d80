/**
 * `npm run bench`: every figure that is promised, measured side by side in one run on servers of its own.
 *
 *   npm run bench -- [BENCHMARK ...] [--rounds N] [--size SHARE] [--streams DIR] [--json FILE] [--report FILE]
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect, parseArgs } from 'node:util';
import { machineText } from '../local/machine.ts';
import { resetStack, startStack } from '../local/stack.ts';
import { createLogger } from '../runtime/logger.ts';
import { styled } from '../runtime/terminal/style.ts';
import type { Bench, Benchmark, Measured } from './benchmark.ts';
import { benchmarks } from './benchmarks.ts';
import { type Figure, figureJson, figureTable } from './figure.ts';
import { type Report, type Section, writeReport } from './report.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    size: { type: 'string', default: '1' },
    streams: { type: 'string', default: join(import.meta.dirname, '../../shared/bench/kafka-streams') },
    json: { type: 'string' },
    report: { type: 'string' },
  },
});

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());

await main(chosen(positionals), positive('rounds'), positive('size'));

async function main(wanted: readonly Benchmark[], rounds: number, size: number): Promise<void> {
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
      streamsFolder: values.streams,
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
      write({ begun, rounds, size, sections });
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

/** After each benchmark, so that whoever ends it early has those before. */
function write(report: Report): void {
  if (values.json !== undefined)
    writeFileSync(values.json, figureJson(report.sections.flatMap((each) => each.figures)));
  if (values.report !== undefined) writeReport(values.report, report);
}

/** What is not reached is told, and fails nothing: a figure is a measurement, not a test. */
function show(figures: readonly Figure[]): void {
  const paint = (text: string, isReached: boolean): string => styled(isReached ? 'green' : 'red', text);
  process.stdout.write(`${figureTable(figures, paint)}\n`);
}

/** All of them, or those that are named. */
function chosen(names: readonly string[]): readonly Benchmark[] {
  const unknown = names.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0) {
    const known = benchmarks.map(({ name, about }) => `  ${name.padEnd(14)}${about}`).join('\n');
    process.stderr.write(`There is no benchmark called ${unknown.join(' or ')}. There are:\n${known}\n`);
    process.exit(2);
  }
  return benchmarks.filter(({ name }) => names.length === 0 || names.includes(name));
}

function positive(name: 'rounds' | 'size'): number {
  const number = Number(values[name]);
  if (!(number > 0) || (name === 'rounds' && !Number.isInteger(number))) {
    process.stderr.write(
      `--${name} takes a positive ${name === 'rounds' ? 'whole ' : ''}number, not ${values[name]}\n`,
    );
    process.exit(2);
  }
  return number;
}

function say(text: string): void {
  process.stdout.write(`${(performance.now() / 1000).toFixed(1).padStart(8)} s  ${text}\n`);
}
