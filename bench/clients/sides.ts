/** What is compared. Run by itself it measures one side, after a run to warm up, and prints it: SIDE BROKERS TOPIC COUNT. */
import type { KafkaClient, TopicRecords } from '../../runtime/kafka/client.ts';
import { createLocalCodec } from '../../runtime/kafka/codec.ts';
import { createKafka, type KafkaSettings } from '../../runtime/kafka/create-kafka.ts';
import { createLogger } from '../../runtime/logger.ts';
import { output } from '../../runtime/task.ts';
import { calls } from '../../schemas/topics.ts';
import { generatedCalls } from '../meter/generated-calls.ts';
import { consumeByStream, produceByProducer } from './by-itself.ts';
import { readThroughPort } from './through-port.ts';

export const sides = [
  'kafkajs reads',
  'kafkajs writes',
  'platformatic reads',
  'platformatic writes',
  '@platformatic/kafka by itself reads',
  '@platformatic/kafka by itself writes',
] as const;

export type Side = (typeof sides)[number];

export interface Run {
  readonly perSecond: number;
  /** Of this process; the broker's is its own. */
  readonly cpuMicroseconds: number;
}

const RECORDS_PER_SEND = 5_000;

/** Writes so many calls. */
export async function write(kafka: KafkaClient, topic: string, count: number): Promise<void> {
  await writeAll(kafka, topic, sendsOf(count));
}

async function writeAll(kafka: KafkaClient, topic: string, sends: readonly TopicRecords['records'][]): Promise<void> {
  const producer = await kafka.idempotentProducer();
  for (const records of sends) await producer.send([{ topic, records }]);
  await producer.close();
}

function sendsOf(count: number): readonly TopicRecords['records'][] {
  const codec = createLocalCodec();
  const records = [...generatedCalls(count)].map(({ call }) => output(codec, calls, call));
  const sends: TopicRecords['records'][] = [];
  for (let at = 0; at < records.length; at += RECORDS_PER_SEND) sends.push(records.slice(at, at + RECORDS_PER_SEND));
  return sends;
}

async function runOf(side: Side, brokers: string[], topic: string, count: number): Promise<() => Promise<unknown>> {
  const through = (client: KafkaSettings['client']) => createKafka({ brokers, client, logger: createLogger('error') });
  switch (side) {
    case 'kafkajs reads':
    case 'platformatic reads': {
      const kafka = await through(side === 'kafkajs reads' ? 'kafkajs' : 'platformatic');
      return () => readThroughPort(kafka, topic, count);
    }
    case 'kafkajs writes':
    case 'platformatic writes': {
      const kafka = await through(side === 'kafkajs writes' ? 'kafkajs' : 'platformatic');
      const sends = sendsOf(count);
      return () => writeAll(kafka, topic, sends);
    }
    case '@platformatic/kafka by itself reads':
      return () => consumeByStream(brokers, topic, count);
    case '@platformatic/kafka by itself writes': {
      const sends = sendsOf(count);
      return () => produceByProducer(brokers, topic, sends);
    }
  }
}

async function measure(count: number, run: () => Promise<unknown>): Promise<Run> {
  const cpuBefore = process.cpuUsage();
  const beganMs = performance.now();
  // Reading takes from the first record on, which the joining of a group comes before.
  const tookMs = Number((await run()) ?? performance.now() - beganMs);
  const { user, system } = process.cpuUsage(cpuBefore);
  return { perSecond: (count / tookMs) * 1000, cpuMicroseconds: (user + system) / count };
}

if (import.meta.main) {
  const [side, brokers = '', topic = '', count] = process.argv.slice(2);
  const run = await runOf(side as Side, brokers.split(','), topic, Number(count));
  await run();
  console.log(JSON.stringify(await measure(Number(count), run)));
}
