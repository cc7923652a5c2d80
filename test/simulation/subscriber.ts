/** A reader of the output topics, as a downstream service would be. */

import type { MemoryCluster } from '../../runtime/memory/cluster.ts';
import { type InputRecord, Undecodable } from '../../runtime/task.ts';
import { attributions, statements, type Topic } from '../../schemas/topics.ts';
import { isOlder, type Stamped } from './is-older.ts';
import { type Ledger, ledgerOf } from './ledger.ts';

export interface Reading {
  /** Also records of aborted transactions, as a client with a defect shows them. */
  readonly leaks: boolean;
  /** Where each partition is read again, as a part of its length: at-least-once delivery. */
  readonly againFrom: number;
  readonly againTo: number;
  /** Left out only to show that it is needed. */
  readonly guard: boolean;
}

export const PLAIN_READING: Reading = { leaks: false, againFrom: 0, againTo: 0, guard: true };

/** What a subscriber holds that takes a record when its (calcVersion, revision) is not below that of what it holds. */
export function subscribe(cluster: MemoryCluster, reading: Reading): Ledger {
  return ledgerOf(hold(cluster, attributions, reading), hold(cluster, statements, reading));
}

function hold<T extends Stamped>(cluster: MemoryCluster, topic: Topic<T>, reading: Reading): T[] {
  const held = new Map<string, T>();
  for (let partition = 0; partition < cluster.partitions; partition++) {
    for (const record of delivered(cluster, topic.name, partition, reading)) {
      const value = record.value && cluster.codec.decode(topic, record.value);
      if (value === null || value instanceof Undecodable)
        throw new Error(`${topic.name} holds what is no record of it`);
      const before = held.get(topic.key(value));
      if (before === undefined || !reading.guard || !isOlder(value, before)) held.set(topic.key(value), value);
    }
  }
  return [...held.values()];
}

function delivered(cluster: MemoryCluster, topic: string, partition: number, reading: Reading): InputRecord[] {
  const records = cluster.log.entries(topic, partition).flatMap((entry) => {
    if (!('record' in entry)) return [];
    const isCommitted = entry.transaction === null || entry.transaction.state === 'committed';
    return isCommitted || reading.leaks ? [entry.record] : [];
  });
  const place = (part: number): number => Math.floor(part * records.length);
  return [...records, ...records.slice(place(reading.againFrom), place(reading.againTo))];
}
