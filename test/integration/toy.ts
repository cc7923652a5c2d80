/** A processor whose mistakes show: every record folded twice, or not at all, makes the sum of what it wrote wrong. */
import {
  type Committed,
  defineProcessor,
  type InputRecord,
  output,
  type Task,
  Undecodable,
} from '../../runtime/task.ts';
import type { Topic } from '../../schemas/topics.ts';

export interface Item {
  readonly key: number;
  readonly amount: number;
}

/** What the task added to a key in one flush, and what the key has come to. */
export interface Change {
  readonly key: number;
  readonly added: number;
  readonly sum: number;
}

const avro = (name: string, ...fields: string[]) => ({
  type: 'record',
  name,
  namespace: 'toy',
  fields: fields.map((field) => ({ name: field, type: 'long' })),
});

const common = {
  keyText: '',
  cleanup: { policy: 'delete', retentionDays: 'unlimited' },
  maxRecordBytes: 1024 * 1024,
  judgedByTimestamps: false,
  public: false,
  writtenBy: [],
  readBy: [],
  doc: '',
} as const;

export const items: Topic<Item> = {
  ...common,
  name: 'items',
  key: (item) => String(item.key),
  partitioning: { by: 'text', of: (item) => String(item.key) },
  schema: avro('Item', 'key', 'amount'),
};

export const changes: Topic<Change> = {
  ...common,
  name: 'changes',
  key: (change) => String(change.key),
  partitioning: { by: 'text', of: (change) => String(change.key) },
  schema: avro('Change', 'key', 'added', 'sum'),
};

export const factors: Topic<{ factor: number }> = {
  ...common,
  name: 'factors',
  key: () => 'factor',
  partitioning: { by: 'single' },
  schema: avro('Factor', 'factor'),
};

export const toyTopics = [items, changes, factors];

/** Sums the amounts of each key. Values that cannot be decoded count as key -1, amount 1. */
export const sums = defineProcessor<null>({
  name: 'sums',
  reads: [items],
  taskPer: 'topic-partition',
  broadcasts: [],
  writes: [changes],
  createTask: (_config, { codec }) =>
    new SumTask(
      (record) => {
        const item = codec.decode(items, record.value);
        return item instanceof Undecodable ? { key: -1, amount: 1 } : item;
      },
      (change) => output(codec, changes, change),
    ),
});

class SumTask implements Task {
  readonly #read: (record: InputRecord) => Item;
  readonly #write: (change: Change) => ReturnType<typeof output>;
  readonly #sums = new Map<number, number>();
  #added = new Map<number, number>();
  #position = 0;
  #committed = 0;
  /** Records folded, which is committed as metadata: a restored task must come to the same. */
  #count = 0;
  #expectedCount: number | null = null;

  constructor(read: (record: InputRecord) => Item, write: (change: Change) => ReturnType<typeof output>) {
    this.#read = read;
    this.#write = write;
  }

  restore(positions: ReadonlyMap<string, Committed>) {
    const committed = positions.get(items.name);
    this.#committed = committed?.offset ?? 0;
    this.#position = this.#committed;
    this.#expectedCount = committed === undefined ? null : Number(committed.metadata);
    return new Map([[items.name, { at: 'beginning' as const }]]);
  }

  fold(record: InputRecord): void {
    const item = this.#read(record);
    if (record.offset >= this.#committed) {
      this.#check();
      this.#added.set(item.key, (this.#added.get(item.key) ?? 0) + item.amount);
    }
    this.#count++;
    this.#sums.set(item.key, (this.#sums.get(item.key) ?? 0) + item.amount);
  }

  advance(_topic: string, offset: number): void {
    this.#position = Math.max(this.#position, offset);
  }

  flush() {
    this.#check();
    if (this.#position === this.#committed) return null;
    const records = [...this.#added].map(([key, added]) => this.#write({ key, added, sum: this.#sums.get(key) ?? 0 }));
    this.#added = new Map();
    this.#committed = this.#position;
    const position = { offset: this.#position, metadata: String(this.#count) };
    return { records, committed: new Map([[items.name, position]]) };
  }

  #check(): void {
    if (this.#expectedCount !== null && this.#expectedCount !== this.#count) {
      throw new Error(`restored from ${this.#count} records instead of ${this.#expectedCount}`);
    }
    this.#expectedCount = null;
  }
}
