import type { KafkaAdmin, NewTopic } from '../runtime/kafka/client.ts';

/** Makes topics in the place of those that a run before has left. Nothing in them is deleted for its age: events lie in the past. */
export async function createAnew(
  admin: KafkaAdmin,
  partitions: number,
  topics: readonly Pick<NewTopic, 'topic' | 'config'>[],
): Promise<void> {
  const there = await admin.topics();
  await admin.deleteTopics(topics.map(({ topic }) => topic).filter((topic) => there.has(topic)));
  await admin.createTopics(
    topics.map(({ topic, config }) => ({
      topic,
      partitions,
      replicationFactor: 1,
      config: { 'retention.ms': '-1', ...config },
    })),
  );
}
