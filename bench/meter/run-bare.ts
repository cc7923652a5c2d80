import type { Kafka } from 'kafkajs';
import { Kafka as StockKafka } from 'kafkajs-stock';
import { createLocalCodec } from '../../runtime/kafka/codec.ts';
import { Undecodable } from '../../runtime/task.ts';
import { calls } from '../../schemas/topics.ts';
import { PREFIX } from './bench-topics.ts';

const codec = createLocalCodec();

/** kafkajs as it is published, without our patch. */
export function stockKafka(brokers: string[]): Kafka {
  const kafka = new StockKafka({ brokers, clientId: 'bench-bare', logLevel: 1 });
  return kafka as unknown as Kafka;
}

/**
 * The ceiling: a kafkajs consumer with the host's fetch sizes that decodes each call with avsc and does nothing else.
 * Gives the milliseconds from the first batch to the last.
 */
export async function runBare(kafka: Kafka, count: number, groupId: string): Promise<number> {
  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: 100,
    maxBytesPerPartition: 1024 * 1024,
    maxBytes: 16 * 1024 * 1024,
  });
  const finished = Promise.withResolvers<number>();
  let beganMs = 0;
  let read = 0;
  let callMs = 0;
  await consumer.connect();
  await consumer.subscribe({ topic: PREFIX + calls.name, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      if (beganMs === 0) beganMs = performance.now();
      for (const { value } of batch.messages) {
        const call = codec.decode(calls, value ?? Buffer.alloc(0));
        if (call instanceof Undecodable) throw new Error(call.detail);
        callMs += call.endedAt - call.startedAt;
      }
      read += batch.messages.length;
      if (read === count) finished.resolve(performance.now() - beganMs);
    },
  });
  const ms = await finished.promise;
  await consumer.disconnect();
  if (!(callMs > 0)) throw new Error('Nothing was decoded.');
  return ms;
}
