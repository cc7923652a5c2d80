import type { DeadLetter } from '../schemas/dead-letter.ts';
import type { TaskId } from './task.ts';

/** Where the dead letters of tasks go whose positions are not in Kafka. */
export interface LetterWriter {
  /**
   * Resolves when each of the letters stands in the topic, once, whoever has told it before. A broker that is away is
   * waited for, until the signal is aborted.
   *
   * @throws KafkaError `fenced` when another owner has taken the task over
   */
  tell(task: TaskId, letters: readonly DeadLetter[], signal: AbortSignal): Promise<void>;
  /** Gives the task up. Never throws. */
  close(task: TaskId): Promise<void>;
}
