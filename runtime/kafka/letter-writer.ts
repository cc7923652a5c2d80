import type { DeadLetter } from '../../schemas/dead-letter.ts';
import { deadLetters } from '../../schemas/topics.ts';
import type { LetterWriter } from '../letter-writer.ts';
import { retry } from '../retry.ts';
import { output, type TaskId } from '../task.ts';
import { sendsOf } from './batches.ts';
import type { TransactionalProducer } from './client.ts';
import { isKafkaAway } from './errors.ts';
import { taskName, transactionalId } from './task-id.ts';
import { ToldLetters, type ToldLettersOptions } from './told-letters.ts';

/**
 * Tells letters in transactions of their own, with one producer per task. What was left in doubt is looked up by whoever
 * takes the task over: this writer after an error, or another process after it was ended.
 */
export function createLetterWriter(options: ToldLettersOptions): LetterWriter {
  return new KafkaLetterWriter(options);
}

class KafkaLetterWriter implements LetterWriter {
  readonly #options: ToldLettersOptions;
  readonly #told: ToldLetters;
  readonly #producers = new Map<string, TransactionalProducer>();

  constructor(options: ToldLettersOptions) {
    this.#options = options;
    this.#told = new ToldLetters(options);
  }

  async tell(task: TaskId, letters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
    if (letters.length === 0) return;
    await retry({ what: 'Kafka', isTransient: isKafkaAway, logger: this.#options.logger, signal }, async () => {
      try {
        await this.#tell(task, letters, signal);
      } catch (error) {
        await this.close(task);
        throw error;
      }
    });
  }

  async close(task: TaskId): Promise<void> {
    const producer = this.#producers.get(taskName(task));
    this.#producers.delete(taskName(task));
    await producer?.discard();
  }

  async #tell(task: TaskId, letters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
    const { codec, prefix } = this.#options;
    const producer = this.#producers.get(taskName(task)) ?? (await this.#takeOver(task));
    const untold = await this.#told.untold(task, letters, signal);
    if (untold.length === 0) return;
    const records = untold.map((letter) => output(codec, deadLetters, letter));
    for (const sent of sendsOf(prefix, records)) await producer.send(sent);
    await producer.commit();
  }

  /** After it no earlier owner can tell more, so that what is then looked up is all. */
  async #takeOver(task: TaskId): Promise<TransactionalProducer> {
    const { kafka, prefix } = this.#options;
    const producer = await kafka.transactionalProducer(transactionalId(prefix, task));
    this.#producers.set(taskName(task), producer);
    this.#told.forget(task);
    return producer;
  }
}
