import { randomUUID } from 'node:crypto';
import { Consumer, MessagesStreamModes, Producer } from '@platformatic/kafka';
import type { TopicRecords } from '../../runtime/kafka/client.ts';
import { partitionOfText } from '../../runtime/kafka/murmur2.ts';

/** The consumer of @platformatic/kafka with the same fetch sizes. Gives the milliseconds from the first record to the last. */
export async function consumeByStream(brokers: string[], topic: string, count: number): Promise<number> {
  const consumer = new Consumer({
    clientId: 'bench-clients',
    bootstrapBrokers: brokers,
    groupId: `bench-clients-${randomUUID()}`,
    maxBytes: 16 * 1024 * 1024,
    maxBytesPerPartition: 1024 * 1024,
    maxWaitTime: 100,
    autocommit: false,
  });
  const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST });
  let beganMs = 0;
  let read = 0;
  let bytes = 0;
  for await (const { value } of stream) {
    if (beganMs === 0) beganMs = performance.now();
    bytes += value.length;
    read += 1;
    if (read === count) break;
  }
  const tookMs = performance.now() - beganMs;
  await consumer.close(true);
  if (bytes === 0) throw new Error('Nothing was read.');
  return tookMs;
}

/** The idempotent producer of @platformatic/kafka, to the same partitions. */
export async function produceByProducer(
  brokers: string[],
  topic: string,
  sends: readonly TopicRecords['records'][],
): Promise<void> {
  const producer = new Producer({ clientId: 'bench-clients', bootstrapBrokers: brokers, idempotent: true });
  const partitions = (await producer.metadata({ topics: [topic] })).topics.get(topic)?.partitionsCount ?? 1;
  for (const records of sends) {
    const messages = records.map(({ key, value, route }) => ({
      topic,
      key: Buffer.from(key ?? ''),
      value: value ?? Buffer.alloc(0),
      partition: partitionOfText(String(route), partitions),
    }));
    await producer.send({ messages });
  }
  await producer.close();
}
