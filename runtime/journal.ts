import type { Topic } from '../schemas/topics.ts';
import { ApportionError } from './errors.ts';

/**
 * Where a writer keeps what it must know after a restart, together with what it publishes: both become durable at once
 * or not at all. One name has one writer: whoever opens a journal shuts out all who have opened it before.
 */
export interface Journal {
  /** Takes the journal over, and gives its state by key. */
  open(): Promise<ReadonlyMap<string, string>>;
  /**
   * Publishes the values and saves the state under its keys, atomically. What other keys hold stays.
   *
   * @throws ApportionError `journal_taken_over` when another writer has opened the journal since
   */
  write(entry: JournalEntry): Promise<void>;
  close(): Promise<void>;
}

export interface JournalEntry {
  readonly publications: readonly Publication[];
  /** New state by key; an empty text forgets the key. */
  readonly state: ReadonlyMap<string, string>;
}

/** Values for a topic. Made by `publication`. */
export interface Publication {
  readonly topic: Topic<never>;
  readonly values: readonly never[];
}

/** Pairs a topic with values of its type. */
export function publication<T>(topic: Topic<T>, values: readonly T[]): Publication {
  return { topic, values: values as readonly never[] };
}

/** What a writer is told that another one has shut out. */
export function takenOver(cause?: unknown): ApportionError {
  return new ApportionError(
    'journal_taken_over',
    'Another process has taken over what this one was doing.',
    'Nothing is lost; but let only one process do it.',
    { cause },
  );
}
