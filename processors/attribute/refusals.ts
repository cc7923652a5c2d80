import type { InputRecord } from '../../runtime/task.ts';
import type { DeadLetter } from '../../schemas/dead-letter.ts';
import { deadLetters } from '../../schemas/topics.ts';
import type { Batch } from './batch.ts';
import type { Refused } from './read-input.ts';

/** Dead letters that are not out yet. */
export class Refusals {
  #waiting: DeadLetter[] = [];

  add(record: InputRecord, { reason, detail }: Refused): void {
    const { topic, partition, offset, timestampMs: timestamp, key, value, headers } = record;
    const processor = 'attribute';
    this.#waiting.push({ topic, partition, offset, timestamp, processor, reason, detail, key, value, headers });
  }

  /** As many as the batch takes. */
  moveTo(batch: Batch): void {
    let moved = 0;
    for (; moved < this.#waiting.length && !batch.isFull; moved++) {
      const letter = this.#waiting[moved];
      if (letter !== undefined) batch.add(deadLetters, letter);
    }
    this.#waiting = this.#waiting.slice(moved);
  }

  /** The offset of the first one of a topic, which is not committed before it is out; infinity when there is none. */
  firstOf(topic: string): number {
    return this.#waiting.find((letter) => letter.topic === topic)?.offset ?? Number.POSITIVE_INFINITY;
  }
}
