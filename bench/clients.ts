/** Which Kafka client is the faster one, through the port and by itself. */
import type { KafkaClient, TopicRecords } from '../runtime/kafka/client.ts';
import { createLocalCodec } from '../runtime/kafka/codec.ts';
import { createKafka } from '../runtime/kafka/create-kafka.ts';
import { kafkaClients } from '../runtime/settings.ts';
import { output } from '../runtime/task.ts';
import { type Column, table } from '../runtime/terminal/table.ts';
import { calls } from '../schemas/topics.ts';
import { type Bench, type Benchmark, type Measured, median } from './benchmark.ts';
import { consumeByStream, produceByProducer } from './clients/by-itself.ts';
import { readThroughPort } from './clients/through-port.ts';
import { generatedCalls } from './meter/generated-calls.ts';

const RECORDS = 500_000;
const RECORDS_PER_SEND = 5_000;
const PARTITIONS = 4;
const TOPIC = 'bench-clients.calls';
const WRITTEN = 'bench-clients.written';

export const clients: Benchmark = {
  name: 'clients',
  about:
    'Records of calls read and written by each Kafka client through the port, and by @platformatic/kafka as it is used by itself (its consumer stream, its producer); all idempotent, all of the same topic, in turns',
  run: (bench) => measureClients(bench, Math.ceil(RECORDS * bench.size)),
};

interface Run {
  readonly perSecond: number;
  /** Of this process; the broker's is its own. */
  readonly cpuMicroseconds: number;
}

async function measureClients({ stack, rounds, logger, say }: Bench, count: number): Promise<Measured> {
  const brokers = stack.kafkaBrokers.split(',');
  const sides = new Map<string, () => Promise<unknown>>();
  const sends = sendsOf(count);
  await using closing = new AsyncDisposableStack();
  for (const client of kafkaClients) {
    const kafka = await createKafka({ brokers, client, logger });
    if (client === 'kafkajs') await prepare(kafka, sends, closing);
    sides.set(`${client} reads`, () => readThroughPort(kafka, TOPIC, count));
    sides.set(`${client} writes`, () => write(kafka, WRITTEN, sends));
  }
  sides.set('@platformatic/kafka by itself reads', () => consumeByStream(brokers, TOPIC, count));
  sides.set('@platformatic/kafka by itself writes', () => produceByProducer(brokers, WRITTEN, sends));

  const runs = new Map<string, Run[]>();
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const [side, run] of sides) {
      say(`${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}: ${side}`);
      const measured = await measure(count, run);
      if (round > 0) runs.set(side, [...(runs.get(side) ?? []), measured]);
    }
  }
  return { figures: figuresOf(runs), details: detailsOf(runs) };
}

function sendsOf(count: number): readonly TopicRecords['records'][] {
  const codec = createLocalCodec();
  const records = [...generatedCalls(count)].map(({ call }) => output(codec, calls, call));
  const sends: TopicRecords['records'][] = [];
  for (let at = 0; at < records.length; at += RECORDS_PER_SEND) sends.push(records.slice(at, at + RECORDS_PER_SEND));
  return sends;
}

async function prepare(
  kafka: KafkaClient,
  sends: readonly TopicRecords['records'][],
  closing: AsyncDisposableStack,
): Promise<void> {
  const admin = closing.adopt(kafka.admin(), (it) => it.close());
  const config = { 'retention.ms': '-1' };
  const created = { partitions: PARTITIONS, replicationFactor: 1, config };
  const names = [TOPIC, WRITTEN];
  const there = await admin.topics();
  await admin.deleteTopics(names.filter((name) => there.has(name)));
  await admin.createTopics(names.map((topic) => ({ topic, ...created })));
  closing.defer(() => admin.deleteTopics(names));
  await write(kafka, TOPIC, sends);
}

async function write(kafka: KafkaClient, topic: string, sends: readonly TopicRecords['records'][]): Promise<void> {
  const producer = await kafka.idempotentProducer();
  for (const records of sends) await producer.send([{ topic, records }]);
  await producer.close();
}

async function measure(count: number, run: () => Promise<unknown>): Promise<Run> {
  const cpuBefore = process.cpuUsage();
  const beganMs = performance.now();
  const tookMs = (await run()) ?? performance.now() - beganMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { perSecond: (count / Number(tookMs)) * 1000, cpuMicroseconds: (user + system) / count };
}

function figuresOf(runs: ReadonlyMap<string, readonly Run[]>) {
  return [...runs].map(([side, of]) => ({
    key: `clients.${side.replaceAll(/[^a-z]+/g, '.')}.cpuMicroseconds`,
    what: `${side}: CPU of a record`,
    value: median(of.map(({ cpuMicroseconds }) => cpuMicroseconds)),
    unit: 'us',
  }));
}

function detailsOf(runs: ReadonlyMap<string, readonly Run[]>): string {
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
