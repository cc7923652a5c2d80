import { type Admin, Kafka, logLevel } from 'kafkajs';

/** kafkajs itself, whatever client is tested: for what tests do to a broker and the runtime never does. */
export function rawKafka(brokers: string): Kafka {
  const retry = { initialRetryTime: 20, retries: 8 };
  return new Kafka({ brokers: brokers.split(','), retry, logLevel: logLevel.NOTHING });
}

/** Asks by an admin of its own. */
export async function askBroker<T>(brokers: string, question: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = rawKafka(brokers).admin();
  await admin.connect();
  try {
    return await question(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Deletes what a partition of a topic holds before an offset. */
export async function deleteRecords(brokers: string, topic: string, before: string, partition = 0): Promise<void> {
  await askBroker(brokers, async (admin) => {
    // kafkajs knows the leaders only of topics that it was asked something about before.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: before }] });
  });
}
