import { Kafka, logLevel } from 'kafkajs';
import { Kafka as PublishedKafka } from 'kafkajs-stock';
import { createLocalCodec } from '../../runtime/kafka/codec.ts';
import { Undecodable } from '../../runtime/task.ts';
import { calls } from '../../schemas/topics.ts';
import type { Reporter, Work } from './work.ts';

const codec = createLocalCodec();

/** The ceiling: a kafkajs consumer with the host's fetch sizes that decodes each call with avsc and does nothing else. */
export async function runBare(work: Work, reporter: Reporter, signal: AbortSignal): Promise<void> {
  const consumer = kafkaOf(work).consumer({
    groupId: work.group,
    maxWaitTimeInMs: 100,
    maxBytesPerPartition: 1024 * 1024,
    maxBytes: 16 * 1024 * 1024,
  });
  let callMs = 0;
  await consumer.connect();
  await consumer.subscribe({ topic: work.prefix + calls.name, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      await reporter.began();
      for (const { value } of batch.messages) {
        const call = codec.decode(calls, value ?? Buffer.alloc(0));
        if (call instanceof Undecodable) throw new Error(call.detail);
        callMs += call.endedAt - call.startedAt;
      }
      reporter.reached(batch.partition, Number(batch.lastOffset()) + 1);
    },
  });
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  await consumer.disconnect();
  if (!(callMs > 0)) throw new Error('Nothing was decoded.');
}

function kafkaOf({ brokers, what }: Work): Kafka {
  const config = { brokers: brokers.split(','), clientId: 'bench', logLevel: logLevel.NOTHING };
  // Two copies of the same types.
  return what === 'read' ? (new PublishedKafka(config) as unknown as Kafka) : new Kafka(config);
}
