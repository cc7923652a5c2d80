/** How fast calls are taken over HTTP. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Kafka, type Message } from 'kafkajs';
import { ingestConfig } from '../producers/call-ingest/config.ts';
import { startCallIngest } from '../producers/call-ingest.ts';
import { sendsOf } from '../runtime/kafka/batches.ts';
import type { KafkaAdmin } from '../runtime/kafka/client.ts';
import { createLocalCodec } from '../runtime/kafka/codec.ts';
import { createKafka } from '../runtime/kafka/create-kafka.ts';
import { createRoutePartitioner } from '../runtime/kafka/kafkajs/route-partitioner.ts';
import { createPublisher } from '../runtime/kafka/publisher.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { createSecrets } from '../runtime/secrets.ts';
import { output } from '../runtime/task.ts';
import { type Column, table } from '../runtime/terminal/table.ts';
import { calls } from '../schemas/topics.ts';
import { type Bench, type Benchmark, type Measured, median } from './benchmark.ts';
import { createAnew } from './create-anew.ts';
import { generatedCalls, MAX_CALL_HOURS } from './meter/generated-calls.ts';

const PREFIX = 'bench-ingest.';
const TOPIC = PREFIX + calls.name;
const PARTITIONS = 4;
const HOUR_MS = 3_600_000;
const codec = createLocalCodec();

/** Small enough for a round of a second or two. */
const CALLS = 200_000;
const CALLS_PER_REQUEST = 500;
/** Requests under way at a time. */
const CONNECTIONS = 4;

export const ingest: Benchmark = {
  name: 'ingest',
  about:
    'POST /v1/calls over loopback from a process of its own, answered when Kafka has acknowledged, beside a bare kafkajs producer that sends the same records, already encoded, in the same batches, as many at a time',
  run: (bench) => measureIngest(bench, Math.ceil(CALLS * bench.size)),
};

interface Run {
  readonly perSecond: number;
  /** Of this process alone; the sender and the broker are their own. */
  readonly cpuMicroseconds: number;
}

async function measureIngest({ stack, rounds, logger, say }: Bench, count: number): Promise<Measured> {
  const brokers = stack.kafkaBrokers.split(',');
  const client = await createKafka({ brokers, client: 'kafkajs', clientId: 'bench-ingest', logger });
  const kafka = new Kafka({ brokers, clientId: 'bench-ingest', logLevel: 1 });
  await using closing = new AsyncDisposableStack();
  const admin = closing.adopt(client.admin(), (it) => it.close());
  await createAnew(admin, PARTITIONS, [{ topic: TOPIC, config: {} }]);
  closing.defer(() => admin.deleteTopics([TOPIC]));

  const token = randomBytes(32).toString('hex');
  const publisher = closing.adopt(createPublisher({ kafka: client, codec, prefix: PREFIX, logger }), (it) =>
    it.close(),
  );
  const settings = { host: '127.0.0.1', port: 0, tokens: [{ name: 'bench', token: 'env:TOKEN' }] };
  const role = await startCallIngest({
    config: ingestConfig(settings),
    limits: { maxCallMs: MAX_CALL_HOURS * HOUR_MS },
    publisher,
    secrets: createSecrets({ env: { TOKEN: token } }),
    metrics: createMetrics(),
    logger,
  });
  closing.defer(() => role.close());
  const sender = await startSender(`${role.url}/v1/calls`, token, count);
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
  const batches = encodedBatches(count);

  const bare: Run[] = [];
  const overHttp: Run[] = [];
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    say(round === 0 ? 'warming up' : `round ${round} of ${rounds}`);
    const bareRun = await measure(count, () => sendBare(producer, batches));
    const httpRun = await measure(count, () => sendOverHttp(sender));
    if (round === 0) continue;
    bare.push(bareRun);
    overHttp.push(httpRun);
  }
  await checkCount(admin, 2 * (rounds + 1) * count);
  const perSecond = median(overHttp.map((run) => run.perSecond));
  const ratio = median(overHttp.map((run, round) => run.perSecond / (bare[round]?.perSecond ?? Number.NaN)));
  return {
    figures: [
      {
        key: 'ingest.callsPerSecond',
        what: `POST /v1/calls, ${CALLS_PER_REQUEST} calls a request`,
        value: perSecond,
        unit: 'calls/s',
        reach: { atLeast: 20_000 },
      },
      {
        key: 'ingest.vsBareProducer',
        what: 'POST /v1/calls to a bare producer of the same records',
        value: ratio,
        unit: 'x',
        reach: { atLeast: 0.5 },
      },
    ],
    details: runTable({ 'bare producer': bare, 'POST /v1/calls': overHttp }),
  };
}

async function startSender(url: string, token: string, count: number): Promise<ChildProcess> {
  const args = [url, token, String(count), String(CALLS_PER_REQUEST), String(CONNECTIONS)];
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

function encodedBatches(count: number): readonly Message[][] {
  const records = [...generatedCalls(count)].map(({ call }) => output(codec, calls, call));
  const batches: Message[][] = [];
  for (let at = 0; at < records.length; at += CALLS_PER_REQUEST) {
    batches.push(
      sendsOf(PREFIX, records.slice(at, at + CALLS_PER_REQUEST))
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
      await producer.sendBatch({ acks: -1, topicMessages: [{ topic: TOPIC, messages }] });
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, sendRest));
  return performance.now() - began;
}

async function measure(count: number, run: () => Promise<number>): Promise<Run> {
  const cpuBefore = process.cpuUsage();
  const ms = await run();
  const { user, system } = process.cpuUsage(cpuBefore);
  return { perSecond: (count / ms) * 1000, cpuMicroseconds: (user + system) / count };
}

/** Every call that was answered with 202 stands in the topic. */
async function checkCount(admin: KafkaAdmin, expected: number): Promise<void> {
  const extents = await admin.extents(TOPIC);
  const found = [...extents.values()].reduce((sum, { end }) => sum + end, 0);
  if (found !== expected) throw new Error(`The topic holds ${found} records, not ${expected}.`);
}

function runTable(sides: Readonly<Record<string, readonly Run[]>>): string {
  const rows = Object.entries(sides).map(([what, runs]) => [
    what,
    Math.round(median(runs.map(({ perSecond }) => perSecond))).toLocaleString('en'),
    median(runs.map(({ cpuMicroseconds }) => cpuMicroseconds)).toFixed(1),
    runs.map(({ perSecond }) => `${Math.round(perSecond / 1000)}k`).join(' '),
  ]);
  const columns: readonly Column[] = [
    { title: '' },
    { title: 'calls/s', align: 'right' },
    { title: 'cpu us/call', align: 'right' },
    { title: 'each round' },
  ];
  return table(columns, rows);
}
