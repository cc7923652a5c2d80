import { type Journal, type JournalEntry, type Publication, takenOver } from '../journal.ts';

/** What a journal in memory is kept in: it outlives the journals that are opened on it. */
export interface JournalMemory {
  readonly state: Map<string, string>;
  /** All that was published, in order. */
  readonly published: Publication[];
  /** Which journal has opened it last. */
  writer: number;
  /** When set, the next write fails with it, and nothing of that write is kept. */
  failure: Error | null;
}

export function createJournalMemory(): JournalMemory {
  return { state: new Map(), published: [], writer: 0, failure: null };
}

/** A journal without Kafka: the same promises, for simulations and tests. */
export function createMemoryJournal(memory: JournalMemory): Journal {
  let writer = 0;
  return {
    open: async () => {
      writer = ++memory.writer;
      return new Map(memory.state);
    },
    write: async ({ publications, state }: JournalEntry) => {
      if (writer !== memory.writer) throw takenOver();
      const { failure } = memory;
      memory.failure = null;
      if (failure !== null) throw failure;
      memory.published.push(...publications);
      for (const [key, text] of state) {
        if (text === '') memory.state.delete(key);
        else memory.state.set(key, text);
      }
    },
    close: async () => {},
  };
}
