/** What tests find in a topic, by the means of the runtime. */
import type { KafkaClient } from '../../runtime/kafka/client.ts';
import { readTopic } from '../../runtime/kafka/read-topic.ts';
import { eventually } from './stack.ts';

/** The values that whoever reads committed records only is given now, each partition in order. */
export async function valuesOf(kafka: KafkaClient, topic: string): Promise<string[]> {
  const values: string[] = [];
  await readTopic(kafka, topic, ({ value }) => void values.push(String(value)));
  return values;
}

/**
 * Waits until readers are given all that stands in a topic, up to its end: the broker answers a commit before it has
 * ended the transaction in every partition, and until then readers stop before it.
 */
export async function transactionsEnded(kafka: KafkaClient, topic: string): Promise<void> {
  const admin = kafka.admin();
  try {
    await eventually(`all transactions on ${topic} have ended`, async () => {
      const watermarks = await admin.highWatermarks(topic);
      const extents = await admin.extents(topic);
      return [...watermarks].every(([partition, watermark]) => (extents.get(partition)?.end ?? 0) >= watermark);
    });
  } finally {
    await admin.close();
  }
}
