/**
 * How fast calls are metered: `npm run bench:meter`. The meter as it runs (its host, one transaction per task and
 * commit interval, 4 partitions, one process) against a bare kafkajs consumer that only decodes the same records, as
 * kafkajs is published and as it is patched here, in turns in one process after a round to warm up; and the memory of 5 million open identities, in a process of its own.
 * The totals of every round are read back and compared. Uses APPORTION_KAFKA_BROKERS, or the local stack.
 */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { Kafka } from 'kafkajs';
import { startStack } from '../local/stack.ts';
import type { KafkaClient } from '../runtime/kafka/client.ts';
import { createKafka } from '../runtime/kafka/create-kafka.ts';
import { createLogger } from '../runtime/logger.ts';
import { type Column, table } from '../runtime/terminal/table.ts';
import { usageTotals } from '../schemas/topics.ts';
import { countRecords, deleteTopics, emptyOutputs, loadCalls, PARTITIONS, readTotals } from './meter/bench-topics.ts';
import type { Totals } from './meter/checksum.ts';
import type { Memory } from './meter/memory.ts';
import { runBare, stockKafka } from './meter/run-bare.ts';
import { runMeter } from './meter/run-meter.ts';

const BARE = 'bare consumer, kafkajs as published';
const PATCHED = 'bare consumer, kafkajs as patched here';
const COMMIT_INTERVALS_MS = [100, 1000];
const logger = createLogger('error');

interface Run {
  readonly perSecond: number;
  /** To the runs of the bare consumers just before, since the machine may have other work at times. */
  readonly ratio: number;
  readonly ratioToPatched: number;
  /** Of this process; the broker's is its own. */
  readonly cpuMicroseconds: number;
}

const { values: options } = parseArgs({
  options: {
    calls: { type: 'string', default: '2000000' },
    rounds: { type: 'string', default: '3' },
    identities: { type: 'string', default: '5000000' },
  },
});

await main(Number(options.calls), Number(options.rounds), Number(options.identities));

async function main(count: number, rounds: number, identities: number): Promise<void> {
  console.log(`${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`);
  if (count > 0) await throughput(count, rounds);
  if (identities > 0) printMemory(memoryOf(identities));
}

async function throughput(count: number, rounds: number): Promise<void> {
  const brokers = process.env['APPORTION_KAFKA_BROKERS'] ?? (await startStack('.local', console.log)).kafkaBrokers;
  const client = await createKafka({ brokers: brokers.split(','), client: 'kafkajs', clientId: 'bench-meter', logger });
  const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'bench-meter', logLevel: 1 });
  const admin = kafka.admin();
  await admin.connect();
  const expected = await loadCalls(kafka, admin, count);
  console.log(
    `${count.toLocaleString('en')} calls, ${expected.size.toLocaleString('en')} totals, ${PARTITIONS} partitions; ` +
      `medians of ${rounds} rounds after one to warm up\n`,
  );
  const runs = new Map<string, Run[]>();
  const written = new Map<string, number>();
  const stock = stockKafka(brokers.split(','));
  let bare = Number.NaN;
  let patched = Number.NaN;
  for (let round = 0; round <= rounds; round++) {
    const measure = async (what: string, run: () => Promise<number>): Promise<void> => {
      const cpuBefore = process.cpuUsage();
      const seconds = (await run()) / 1000;
      const { user, system } = process.cpuUsage(cpuBefore);
      // The first round warms up.
      const of = runs.get(what) ?? [];
      const perSecond = count / seconds;
      if (what === BARE) bare = perSecond;
      if (what === PATCHED) patched = perSecond;
      const ratios = { ratio: perSecond / bare, ratioToPatched: perSecond / patched };
      if (round > 0) of.push({ perSecond, ...ratios, cpuMicroseconds: (user + system) / count });
      runs.set(what, of);
    };
    for (const commitIntervalMs of COMMIT_INTERVALS_MS) {
      const unique = `${process.pid}-${round}-${commitIntervalMs}`;
      await measure(BARE, () => runBare(stock, count, `bench-bare-${unique}`));
      await measure(PATCHED, () => runBare(kafka, count, `bench-patched-${unique}`));
      await emptyOutputs(admin);
      const what = `meter, commits every ${commitIntervalMs} ms`;
      await measure(what, () => runMeter({ kafka: client, logger }, `meter-${unique}`, commitIntervalMs, count));
      written.set(what, await countRecords(admin, usageTotals));
      await compare(client, expected);
    }
  }
  printRuns(runs, written);
  await deleteTopics(admin);
  await admin.disconnect();
}

async function compare(kafka: KafkaClient, expected: Totals): Promise<void> {
  const totals = await readTotals(kafka);
  if (totals.checksum() !== expected.checksum()) {
    throw new Error(`The meter's ${totals.size} totals are not the ${expected.size} that the calls add up to.`);
  }
}

function printRuns(runs: ReadonlyMap<string, readonly Run[]>, written: ReadonlyMap<string, number>): void {
  const rows = [...runs].map(([what, of]) => {
    const perSecond = of.map((run) => run.perSecond);
    return [
      what,
      Math.round(median(perSecond)).toLocaleString('en'),
      median(of.map((run) => run.ratio)).toFixed(2),
      what === BARE ? '' : median(of.map((run) => run.ratioToPatched)).toFixed(2),
      median(of.map((run) => run.cpuMicroseconds)).toFixed(2),
      written.get(what)?.toLocaleString('en') ?? '',
      perSecond.map((rate) => `${Math.round(rate / 1000)}k`).join(' '),
    ];
  });
  const titles = ['calls/s', 'to published', 'to patched', 'cpu us/call', 'totals written'];
  const columns = [{ title: '' }, ...titles.map(right), { title: 'each round' }];
  console.log(`${table(columns, rows)}\nThe checksum of the totals is right in every round.\n`);
}

/** In a process of its own, so that nothing else is in its peak. */
function memoryOf(identities: number): Memory {
  const script = new URL('meter/memory.ts', import.meta.url).pathname;
  const printed = execFileSync(process.execPath, ['--expose-gc', script, String(identities)], { encoding: 'utf8' });
  return JSON.parse(printed) as Memory;
}

function printMemory({
  identities,
  days,
  bytesPerIdentity,
  peakMib,
  baseMib,
  folds,
  seconds,
  longestFoldMs,
}: Memory): void {
  const columns = ['open identities', 'days', 'bytes each', 'peak MiB', 'MiB before', 'folds/s', 'longest fold ms'];
  const cells = [identities, days, bytesPerIdentity, peakMib, baseMib, folds / seconds, longestFoldMs];
  const row = cells.map((cell) => (cell < 100 ? Number(cell.toFixed(1)) : Math.round(cell)).toLocaleString('en'));
  console.log(`${table(columns.map(right), [row])}\nIn process, without Kafka.`);
}

function right(title: string): Column {
  return { title, align: 'right' };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
