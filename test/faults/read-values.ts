import type { World } from '../../commands/world.ts';
import { readTopic } from '../../runtime/kafka/read-topic.ts';
import { type InputRecord, Undecodable } from '../../runtime/task.ts';
import type { Topic } from '../../schemas/topics.ts';

/** Records that wait until the schemas that they name are known. */
const CHUNK = 5_000;

/** Reads a topic up to the ends it has now, each partition in order, without holding it in memory. */
export async function readValues<T>(
  world: World,
  topic: Topic<T>,
  take: (value: T | Undecodable, record: InputRecord) => void,
): Promise<void> {
  const codec = await world.codec();
  let waiting: InputRecord[] = [];
  const takeWaiting = async (): Promise<void> => {
    const chunk = waiting;
    waiting = [];
    await codec.prepare(chunk.map(({ value }) => value));
    for (const record of chunk) take(codec.decode(topic, record.value), record);
  };
  await readTopic(world.kafka, world.settings.topicPrefix + topic.name, async (record) => {
    waiting.push({ ...record, topic: topic.name });
    if (waiting.length >= CHUNK) await takeWaiting();
  });
  await takeWaiting();
}

/** The value of a topic that holds nothing else. */
export function presentValue<T>(topic: Topic<T>, value: T | Undecodable): T {
  if (value instanceof Undecodable) throw new Error(`${topic.name} holds what is no record of it: ${value.detail}`);
  return value;
}
