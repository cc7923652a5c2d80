import type { KafkaClient } from '../runtime/kafka/client.ts';
import { readTopic } from '../runtime/kafka/read-topic.ts';
import type { DeadLetter } from '../schemas/dead-letter.ts';
import { catalogs, topics } from '../schemas/topics.ts';
import { idOf } from './dead-letters.ts';

/** What became of letters that were to be sent again. */
export interface Resent {
  readonly sent: readonly DeadLetter[];
  /** Left out: what has come for their keys since they were written would be undone. */
  readonly superseded: readonly DeadLetter[];
}

/**
 * Publishes the original bytes again where they came from, key, value and headers as they were. What was refused for
 * its content is refused again; what was refused for the state of the world is not.
 *
 * Where the last record of a key stands, a letter behind whose record another one of its key was taken is left out:
 * sent again it would come after that one, which compaction then deletes. What two readers have refused is sent once.
 *
 * @param all all letters, by which is known what else was refused
 */
export async function resendDeadLetters(
  kafka: KafkaClient,
  prefix: string,
  letters: readonly DeadLetter[],
  all: readonly DeadLetter[],
): Promise<Resent> {
  const records = [...new Map(letters.map((letter) => [idOf(letter), letter])).values()];
  const newest = new Map<string, number>();
  const refused = new Set(all.map(idOf));
  for (const topic of new Set(records.map((letter) => letter.topic).filter(keepsLast))) {
    await readTopic(kafka, prefix + topic, ({ partition, offset, key }) => {
      if (!refused.has(`${topic}/${partition}/${offset}`)) newest.set(placeOf({ topic, partition, key }), offset);
    });
  }
  const isSuperseded = (letter: DeadLetter): boolean => (newest.get(placeOf(letter)) ?? -1) > letter.offset;
  const sent = records.filter((letter) => !isSuperseded(letter));
  const producer = await kafka.idempotentProducer();
  try {
    for (const { topic, partition, key, value, headers } of sent) {
      await producer.send([{ topic: prefix + topic, records: [{ key, value, headers, route: partition }] }]);
    }
  } finally {
    await producer.close();
  }
  return { sent, superseded: records.filter(isSuperseded) };
}

/** Whether the last record of a key stands in the topic, for the broker or for its readers. */
function keepsLast(name: string): boolean {
  return name === catalogs.name || topics.some((topic) => topic.name === name && topic.cleanup.policy === 'compact');
}

function placeOf({ topic, partition, key }: Pick<DeadLetter, 'topic' | 'partition' | 'key'>): string {
  return `${topic}/${partition} ${key?.toString('hex') ?? ''}`;
}
