/** Which Kafka client is the faster one, through the port and by itself. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createKafka } from '../runtime/kafka/create-kafka.ts';
import { readTopic } from '../runtime/kafka/read-topic.ts';
import { type Column, table } from '../runtime/terminal/table.ts';
import { type Bench, type Benchmark, type Measured, median } from './benchmark.ts';
import { type Run, type Side, sides, write } from './clients/sides.ts';
import { createAnew } from './create-anew.ts';

const RECORDS = 500_000;
const PARTITIONS = 4;
const topics = { read: 'bench-clients.read', written: 'bench-clients.written' };

export const clients: Benchmark = {
  name: 'clients',
  about:
    'Records of calls, of about 100 bytes, read and written by each Kafka client through the port, and by @platformatic/kafka as it is used by itself (its consumer stream, its producer); the same topic, idempotent, each in a process of its own after a run to warm up',
  run: (bench) => measureClients(bench, Math.ceil(RECORDS * bench.size)),
};

async function measureClients({ stack, rounds, logger, say }: Bench, count: number): Promise<Measured> {
  await using closing = new AsyncDisposableStack();
  const kafka = await createKafka({ brokers: stack.kafkaBrokers.split(','), client: 'kafkajs', logger });
  const admin = closing.adopt(kafka.admin(), (it) => it.close());
  const names = Object.values(topics);
  await createAnew(
    admin,
    PARTITIONS,
    names.map((topic) => ({ topic, config: {} })),
  );
  closing.defer(() => admin.deleteTopics(names));
  say('filling the topic');
  await write(kafka, topics.read, count);
  // A broker that has just begun loads its groups, which this waits for.
  await readTopic(kafka, topics.read, () => {});

  const runs = new Map<Side, Run[]>(sides.map((side) => [side, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [side, of] of runs) {
      say(`round ${round} of ${rounds}: ${side}`);
      of.push(await measureAlone(side, stack.kafkaBrokers, count));
    }
  }
  return { figures: [...runs].map(([side, of]) => figureOf(side, of)), details: detailsOf(runs) };
}

/** A process that has used two clients uses each of them more slowly: what it calls is no longer of one kind. */
async function measureAlone(side: Side, brokers: string, count: number): Promise<Run> {
  const script = fileURLToPath(new URL('clients/sides.ts', import.meta.url));
  const topic = side.endsWith('reads') ? topics.read : topics.written;
  const { stdout } = await promisify(execFile)(process.execPath, [script, side, brokers, topic, String(count)]);
  return JSON.parse(stdout) as Run;
}

function figureOf(side: Side, of: readonly Run[]) {
  return {
    key: `clients.${side
      .replaceAll(/[^a-z]+/g, ' ')
      .trim()
      .replaceAll(' ', '.')}.cpuMicroseconds`,
    what: `${side}: CPU of a record`,
    value: median(of.map(({ cpuMicroseconds }) => cpuMicroseconds)),
    unit: 'us',
  };
}

function detailsOf(runs: ReadonlyMap<Side, readonly Run[]>): string {
  const columns: Column[] = [
    { title: '' },
    { title: 'records/s', align: 'right' },
    { title: 'cpu us/record', align: 'right' },
    { title: 'each round' },
  ];
  const rows = [...runs].map(([side, of]) => [
    side,
    Math.round(median(of.map(({ perSecond }) => perSecond))).toLocaleString('en'),
    median(of.map(({ cpuMicroseconds }) => cpuMicroseconds)).toFixed(2),
    of.map(({ perSecond }) => `${Math.round(perSecond / 1000)}k`).join(' '),
  ]);
  return table(columns, rows);
}
