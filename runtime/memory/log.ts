import { partitionOfRoute } from '../kafka/partitioner.ts';
import type { Committed, InputRecord, OutputRecord } from '../task.ts';

/** A transaction of the log in memory. Readers wait for the end of an open one, as those of Kafka do. */
export interface MemoryTransaction {
  state: 'open' | 'committed' | 'aborted';
  /** `topic/partition` of every partition written to; each gets a marker at the end. */
  readonly partitions: Set<string>;
}

/** What stands at an offset: a record, or the marker that ends a transaction. */
export type Entry =
  | { readonly record: InputRecord; readonly transaction: MemoryTransaction | null }
  | { readonly marker: MemoryTransaction };

/**
 * Topics, partitions and committed positions, with Kafka's rules: transactions are atomic, their markers take an
 * offset, and a new owner of a transactional id ends what the earlier one left open and fences it.
 */
export class MemoryLog {
  readonly #partitions: number;
  readonly #entries = new Map<string, Entry[]>();
  readonly #committed = new Map<string, Committed>();
  readonly #owners = new Map<string, { epoch: number; transaction: MemoryTransaction | null }>();

  constructor(partitions: number) {
    this.#partitions = partitions;
  }

  entries(topic: string, partition: number): readonly Entry[] {
    return this.#entries.get(keyOf(topic, partition)) ?? [];
  }

  append(record: OutputRecord, timestampMs: number, transaction: MemoryTransaction | null): void {
    const partitions = record.topic.partitioning.by === 'single' ? 1 : this.#partitions;
    const key = typeof record.key === 'string' ? Buffer.from(record.key) : record.key;
    const partition = partitionOfRoute(record.route, partitions);
    this.appendBytes(record.topic.name, partition, { key, value: record.value, timestampMs, headers: [] }, transaction);
  }

  appendBytes(
    topic: string,
    partition: number,
    bytes: Pick<InputRecord, 'key' | 'value' | 'timestampMs' | 'headers'>,
    transaction: MemoryTransaction | null = null,
  ): void {
    transaction?.partitions.add(keyOf(topic, partition));
    const entries = this.#open(keyOf(topic, partition));
    entries.push({ record: { topic, partition, offset: entries.length, ...bytes }, transaction });
  }

  committed(group: string, topic: string, partition: number): Committed | undefined {
    return this.#committed.get(`${group} ${keyOf(topic, partition)}`);
  }

  /** Takes the id over. Gives the epoch that its owner writes with. */
  own(id: string): number {
    const owner = this.#owners.get(id);
    if (owner?.transaction) this.#end(owner.transaction, 'aborted');
    const epoch = (owner?.epoch ?? 0) + 1;
    this.#owners.set(id, { epoch, transaction: null });
    return epoch;
  }

  /** Null when a newer owner has taken the id over. */
  begin(id: string, epoch: number): MemoryTransaction | null {
    const owner = this.#owners.get(id);
    if (owner?.epoch !== epoch) return null;
    owner.transaction ??= { state: 'open', partitions: new Set() };
    return owner.transaction;
  }

  /** Ends the owner's transaction. False when a newer owner has taken the id over: nothing happens then. */
  commit(
    id: string,
    epoch: number,
    group: string,
    partition: number,
    positions: ReadonlyMap<string, Committed>,
  ): boolean {
    const transaction = this.begin(id, epoch);
    if (transaction === null) return false;
    this.#end(transaction, 'committed');
    this.#owners.set(id, { epoch, transaction: null });
    for (const [topic, committed] of positions) {
      this.#committed.set(`${group} ${keyOf(topic, partition)}`, committed);
    }
    return true;
  }

  #end(transaction: MemoryTransaction, state: 'committed' | 'aborted'): void {
    transaction.state = state;
    for (const key of transaction.partitions) this.#open(key).push({ marker: transaction });
  }

  #open(key: string): Entry[] {
    let entries = this.#entries.get(key);
    if (entries === undefined) {
      entries = [];
      this.#entries.set(key, entries);
    }
    return entries;
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
