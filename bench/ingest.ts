/**
 * How fast calls are taken over HTTP: `npm run bench:ingest`. The role ingest as it runs, `POST /v1/calls` in batches
 * over loopback from a process of its own, acknowledged by Kafka, against a bare kafkajs producer that sends the same
 * records, already encoded, in the same batches, with the same settings, as many at a time, in turns in one process
 * after a round to warm up. Uses APPORTION_KAFKA_BROKERS, or the local stack.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type Admin, Kafka, type Message } from 'kafkajs';
import { startStack } from '../local/stack.ts';
import { ingestConfig } from '../producers/call-ingest/config.ts';
import { startCallIngest } from '../producers/call-ingest.ts';
import { sendsOf } from '../runtime/kafka/batches.ts';
import { createLocalCodec } from '../runtime/kafka/codec.ts';
import { createKafka } from '../runtime/kafka/create-kafka.ts';
import { createRoutePartitioner } from '../runtime/kafka/kafkajs/route-partitioner.ts';
import { createPublisher } from '../runtime/kafka/publisher.ts';
import { createLogger } from '../runtime/logger.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { createSecrets } from '../runtime/secrets.ts';
import { output } from '../runtime/task.ts';
import { type Column, table } from '../runtime/terminal/table.ts';
import { calls } from '../schemas/topics.ts';
import { generatedCalls, MAX_CALL_HOURS } from './meter/generated-calls.ts';

const PREFIX = 'bench-ingest.';
const PARTITIONS = 4;
const HOUR_MS = 3_600_000;
const logger = createLogger('error');
const codec = createLocalCodec();

const { values: options } = parseArgs({
  options: {
    calls: { type: 'string', default: '200000' },
    batch: { type: 'string', default: '500' },
    connections: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '5' },
  },
});
const [count, perBatch, connections, rounds] = [
  Number(options.calls),
  Number(options.batch),
  Number(options.connections),
  Number(options.rounds),
];

interface Run {
  readonly perSecond: number;
  /** Of this process alone; the sender and the broker are their own. */
  readonly cpuMicroseconds: number;
}

await main();

async function main(): Promise<void> {
  console.log(`${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`);
  console.log(
    `${count.toLocaleString('en')} calls in batches of ${perBatch}, ${connections} under way at a time, ` +
      `${PARTITIONS} partitions; medians of ${rounds} rounds after one to warm up\n`,
  );
  const brokers = process.env['APPORTION_KAFKA_BROKERS'] ?? (await startStack('.local', console.log)).kafkaBrokers;
  const client = await createKafka({
    brokers: brokers.split(','),
    client: 'kafkajs',
    clientId: 'bench-ingest',
    logger,
  });
  const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'bench-ingest', logLevel: 1 });
  await using closing = new AsyncDisposableStack();
  const admin = closing.adopt(kafka.admin(), (it) => it.disconnect());
  await admin.connect();
  await createTopic(admin);
  closing.defer(() => admin.deleteTopics({ topics: [PREFIX + calls.name] }));

  const token = randomBytes(32).toString('hex');
  const publisher = closing.adopt(createPublisher({ kafka: client, codec, prefix: PREFIX, logger }), (it) =>
    it.close(),
  );
  const settings = { host: '127.0.0.1', port: 0, tokens: [{ name: 'bench', token: 'env:TOKEN' }] };
  const ingest = await startCallIngest({
    config: ingestConfig(settings),
    limits: { maxCallMs: MAX_CALL_HOURS * HOUR_MS },
    publisher,
    secrets: createSecrets({ env: { TOKEN: token } }),
    metrics: createMetrics(),
    logger,
  });
  closing.defer(() => ingest.close());
  const sender = await startSender(`${ingest.url}/v1/calls`, token);
  closing.defer(() => void sender.kill());
  const producer = closing.adopt(
    kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: createRoutePartitioner,
    }),
    (it) => it.disconnect(),
  );
  await producer.connect();
  const batches = encodedBatches();

  const bare: Run[] = [];
  const overHttp: Run[] = [];
  for (let round = 0; round <= rounds; round++) {
    const bareRun = await measure(() => sendBare(producer, batches));
    const httpRun = await measure(() => sendOverHttp(sender));
    if (round === 0) continue;
    bare.push(bareRun);
    overHttp.push(httpRun);
  }
  await checkCount(admin, 2 * (rounds + 1) * count);
  printRuns(bare, overHttp);
}

async function createTopic(admin: Admin): Promise<void> {
  const topic = PREFIX + calls.name;
  if ((await admin.listTopics()).includes(topic)) await admin.deleteTopics({ topics: [topic] });
  // Calls lie in the past: without a limit of time nothing is deleted meanwhile.
  const configEntries = [{ name: 'retention.ms', value: '-1' }];
  await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS, configEntries }], waitForLeaders: true });
}

async function startSender(url: string, token: string): Promise<ChildProcess> {
  const args = [url, token, String(count), String(perBatch), String(connections)];
  const child = fork(new URL('ingest/client.ts', import.meta.url), args);
  child.once('exit', (code) => {
    if (code !== null) throw new Error(`the sender has ended with ${code}`);
  });
  await once(child, 'message');
  return child;
}

async function sendOverHttp(sender: ChildProcess): Promise<number> {
  sender.send('go');
  const [{ ms }] = (await once(sender, 'message')) as [{ ms: number }];
  return ms;
}

function encodedBatches(): readonly Message[][] {
  const records = [...generatedCalls(count)].map(({ call }) => output(codec, calls, call));
  const batches: Message[][] = [];
  for (let at = 0; at < records.length; at += perBatch) {
    batches.push(
      sendsOf(PREFIX, records.slice(at, at + perBatch))
        .flat()
        .flatMap((part) => part.records as unknown as Message[]),
    );
  }
  return batches;
}

async function sendBare(producer: ReturnType<Kafka['producer']>, batches: readonly Message[][]): Promise<number> {
  const began = performance.now();
  let next = 0;
  const sendRest = async (): Promise<void> => {
    for (let messages = batches[next++]; messages !== undefined; messages = batches[next++]) {
      await producer.sendBatch({ acks: -1, topicMessages: [{ topic: PREFIX + calls.name, messages }] });
    }
  };
  await Promise.all(Array.from({ length: connections }, sendRest));
  return performance.now() - began;
}

async function measure(run: () => Promise<number>): Promise<Run> {
  const cpuBefore = process.cpuUsage();
  const ms = await run();
  const { user, system } = process.cpuUsage(cpuBefore);
  return { perSecond: (count / ms) * 1000, cpuMicroseconds: (user + system) / count };
}

/** Every call that was answered with 202 stands in the topic. */
async function checkCount(admin: Admin, expected: number): Promise<void> {
  const offsets = await admin.fetchTopicOffsets(PREFIX + calls.name);
  const found = offsets.reduce((sum, { high }) => sum + Number(high), 0);
  if (found !== expected) throw new Error(`The topic holds ${found} records, not ${expected}.`);
}

function printRuns(bare: readonly Run[], overHttp: readonly Run[]): void {
  const bareMedian = median(bare.map(({ perSecond }) => perSecond));
  const rows = [['bare producer', bare] as const, ['POST /v1/calls', overHttp] as const].map(([what, runs]) => [
    what,
    Math.round(median(runs.map(({ perSecond }) => perSecond))).toLocaleString('en'),
    (median(runs.map(({ perSecond }) => perSecond)) / bareMedian).toFixed(2),
    median(runs.map(({ cpuMicroseconds }) => cpuMicroseconds)).toFixed(1),
    runs.map(({ perSecond }) => `${Math.round(perSecond / 1000)}k`).join(' '),
  ]);
  const columns: readonly Column[] = [
    { title: '' },
    { title: 'calls/s', align: 'right' },
    { title: 'ratio', align: 'right' },
    { title: 'cpu us/call', align: 'right' },
    { title: 'each round' },
  ];
  console.log(table(columns, rows));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
