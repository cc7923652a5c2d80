import type { Admin, Kafka } from 'kafkajs';
import { maxMessageBytes } from '../../runtime/kafka/batches.ts';
import type { KafkaClient } from '../../runtime/kafka/client.ts';
import { createLocalCodec } from '../../runtime/kafka/codec.ts';
import { faultOf } from '../../runtime/kafka/errors.ts';
import { kafkaErrorOf } from '../../runtime/kafka/kafkajs/errors.ts';
import { partitionOfText } from '../../runtime/kafka/murmur2.ts';
import { readTopic } from '../../runtime/kafka/read-topic.ts';
import { createLogger } from '../../runtime/logger.ts';
import { retry } from '../../runtime/retry.ts';
import { Undecodable } from '../../runtime/task.ts';
import type { Call } from '../../schemas/call.ts';
import { calls, deadLetters, type Topic, usage, usageTotals } from '../../schemas/topics.ts';
import { Totals } from './checksum.ts';
import { generatedCalls } from './generated-calls.ts';

export const PREFIX = 'bench-meter.';
export const PARTITIONS = 4;

const SEND_RECORDS = 10_000;
const codec = createLocalCodec();
const logger = createLogger('error');

/** Makes the input topics anew and fills the calls. Gives the totals that the meter must come to. */
export async function loadCalls(kafka: Kafka, admin: Admin, count: number): Promise<Totals> {
  await createAnew(admin, [calls, usage]);
  const producer = kafka.producer();
  await producer.connect();
  const totals = new Totals();
  let messages: { key: string; value: Buffer; timestamp: string; partition: number }[] = [];
  const send = async (): Promise<void> => {
    await producer.send({ topic: PREFIX + calls.name, messages });
    messages = [];
  };
  for (const { call, isRepeat } of generatedCalls(count)) {
    if (!isRepeat) totals.addCall(call);
    const key = calls.key(call);
    const partition = partitionOfText(key, PARTITIONS);
    messages.push({ key, value: codec.encode<Call>(calls, call), timestamp: String(call.endedAt), partition });
    if (messages.length === SEND_RECORDS) await send();
  }
  if (messages.length > 0) await send();
  await producer.disconnect();
  return totals;
}

/** Empties the topics that the meter writes. */
export function emptyOutputs(admin: Admin): Promise<void> {
  return createAnew(admin, [usageTotals, deadLetters]);
}

export async function deleteTopics(admin: Admin): Promise<void> {
  const existing = new Set(await admin.listTopics());
  const names = [calls, usage, usageTotals, deadLetters].map((topic) => PREFIX + topic.name);
  await admin.deleteTopics({ topics: names.filter((name) => existing.has(name)) });
}

/** The totals that stand in the output topic: of each key the last. */
export async function readTotals(kafka: KafkaClient): Promise<Totals> {
  const last = new Map<string, Buffer>();
  await readTopic(kafka, PREFIX + usageTotals.name, ({ key, value }) => {
    if (key !== null && value !== null) last.set(String(key), value);
  });
  const totals = new Totals();
  for (const value of last.values()) {
    const total = codec.decode(usageTotals, value);
    if (total instanceof Undecodable) throw new Error(total.detail);
    const { day, cluster, namespace, tenant, product, quantity, callCount } = total;
    totals.add([day, cluster, namespace, tenant, product], quantity, callCount ?? 0);
  }
  return totals;
}

export async function countRecords(admin: Admin, topic: Topic<never>): Promise<number> {
  const offsets = await admin.fetchTopicOffsets(PREFIX + topic.name);
  return offsets.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
}

/** Event times lie in the past: without a limit of time nothing is deleted meanwhile. */
async function createAnew(admin: Admin, topics: readonly Topic<never>[]): Promise<void> {
  const names = topics.map((topic) => PREFIX + topic.name);
  const existing = new Set(await admin.listTopics());
  await admin.deleteTopics({ topics: names.filter((name) => existing.has(name)) });
  const configs = topics.map((topic) => ({
    topic: PREFIX + topic.name,
    numPartitions: PARTITIONS,
    configEntries: [
      { name: 'retention.ms', value: '-1' },
      { name: 'max.message.bytes', value: String(maxMessageBytes(topic)) },
    ],
  }));
  // On a busy machine the leaders may not be known yet when they are asked for.
  const isTransient = (error: unknown): boolean => faultOf(kafkaErrorOf(error)) === 'transient';
  await retry({ what: 'Kafka', isTransient, logger }, () =>
    admin.createTopics({ topics: configs, waitForLeaders: true }),
  );
}
