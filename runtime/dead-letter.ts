import type { DeadLetter } from '../schemas/dead-letter.ts';
import type { InputRecord } from './task.ts';

/** Why a record is of no use. `Undecodable` and `Refusal` are such reasons. */
export interface Refused {
  readonly reason: string;
  /** What is wrong with what, in a sentence. */
  readonly detail: string;
}

/** The dead letter of a record that a processor refuses, with the record's own bytes. */
export function deadLetterOf(record: InputRecord, processor: string, { reason, detail }: Refused): DeadLetter {
  const { topic, partition, offset, timestampMs: timestamp, key, value, headers } = record;
  return { topic, partition, offset, timestamp, processor, reason, detail, key, value, headers };
}
