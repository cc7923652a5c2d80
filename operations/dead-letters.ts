import { ApportionError } from '../runtime/errors.ts';
import type { KafkaClient } from '../runtime/kafka/client.ts';
import type { PreparedCodec } from '../runtime/kafka/codec.ts';
import { Undecodable } from '../runtime/task.ts';
import type { DeadLetter } from '../schemas/dead-letter.ts';
import { deadLetters } from '../schemas/topics.ts';
import { readPrepared } from './read-prepared.ts';

/** Narrows dead letters down; what is absent does not matter. */
export interface DeadLetterFilter {
  readonly reason?: string;
  readonly topic?: string;
}

/**
 * All dead letters that fit the filter, by topic, partition and offset of the original. A letter that stands more than
 * once (its writer was repeated) comes once.
 */
export async function listDeadLetters(
  kafka: KafkaClient,
  prefix: string,
  codec: PreparedCodec,
  filter: DeadLetterFilter,
): Promise<readonly DeadLetter[]> {
  const letters = new Map<string, DeadLetter>();
  await readDeadLetters(kafka, prefix, codec, (letter) => {
    if (fits(letter, filter)) letters.set(`${letter.processor} ${idOf(letter)}`, letter);
  });
  return [...letters.values()].sort(byOrigin);
}

/** Whether the filter leaves the letter in. */
export function fits({ reason, topic }: DeadLetter, filter: DeadLetterFilter): boolean {
  return (filter.reason ?? reason) === reason && (filter.topic ?? topic) === topic;
}

/** Reads all dead letters to the end, as they stand in their topic. */
export function readDeadLetters(
  kafka: KafkaClient,
  prefix: string,
  codec: PreparedCodec,
  onLetter: (letter: DeadLetter) => void,
): Promise<void> {
  return readPrepared(kafka, prefix + deadLetters.name, codec, ({ value }) => {
    const letter = codec.decode(deadLetters, value);
    if (!(letter instanceof Undecodable)) onLetter(letter);
  });
}

/** How a person names a dead letter: topic/partition/offset of the original. */
export function idOf(letter: DeadLetter): string {
  return `${letter.topic}/${letter.partition}/${letter.offset}`;
}

/**
 * Picks letters by id.
 *
 * @throws ApportionError `unknown_dead_letter`, naming all ids that fit none.
 */
export function pickDeadLetters(letters: readonly DeadLetter[], ids: readonly string[]): readonly DeadLetter[] {
  const unknown = ids.filter((id) => !letters.some((letter) => idOf(letter) === id));
  if (unknown.length > 0) {
    throw new ApportionError(
      'unknown_dead_letter',
      `There is no dead letter ${unknown.join(', ')}.`,
      'Ids are topic/partition/offset of the original, as `apportion dead-letters list` prints them.',
    );
  }
  return letters.filter((letter) => ids.includes(idOf(letter)));
}

function byOrigin(a: DeadLetter, b: DeadLetter): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  return a.partition - b.partition || a.offset - b.offset;
}
