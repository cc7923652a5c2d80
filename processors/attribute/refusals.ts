import { deadLetterOf, type Refused } from '../../runtime/dead-letter.ts';
import type { InputRecord } from '../../runtime/task.ts';
import type { DeadLetter } from '../../schemas/dead-letter.ts';
import { deadLetters } from '../../schemas/topics.ts';
import type { Batch } from './batch.ts';

/** Dead letters that are not out yet. */
export class Refusals {
  #waiting: DeadLetter[] = [];

  add(record: InputRecord, refused: Refused): void {
    this.#waiting.push(deadLetterOf(record, 'attribute', refused));
  }

  /**
   * Those that lie before what is committed with the batch, as many as it takes: a letter that went out ahead of its
   * offset would be written again by whoever takes over in between. `settled` gives that offset, but for letters. Gives how
   * many they are.
   */
  moveTo(batch: Batch, settled: (topic: string) => number): number {
    const before = this.#waiting.length;
    this.#waiting = this.#waiting.filter((letter) => {
      if (batch.isFull || letter.offset >= settled(letter.topic)) return true;
      batch.add(deadLetters, letter);
      return false;
    });
    return before - this.#waiting.length;
  }

  /** The offset of the first one of a topic, which is not committed before it is out; infinity when there is none. */
  firstOf(topic: string): number {
    return this.#waiting.find((letter) => letter.topic === topic)?.offset ?? Number.POSITIVE_INFINITY;
  }
}
