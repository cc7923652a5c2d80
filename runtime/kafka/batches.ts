import type { Topic } from '../../schemas/topics.ts';
import { ApportionError } from '../errors.ts';
import type { OutputRecord } from '../task.ts';
import type { TopicRecords } from './client.ts';

/**
 * What is sent at once for a partition is one record batch, and the broker refuses a batch above the topic's
 * `max.message.bytes` whole. So no send carries more than this of a topic, whatever partitions it goes to; only a record
 * that is larger by itself goes alone.
 */
export const SEND_BYTES = 900 * 1024;

/** What a record adds to its key and value, rounded up; it also bounds the records of a send. */
const RECORD_OVERHEAD_BYTES = 32;

/** `max.message.bytes` of a topic: its largest value, and room for the key and the batch around it. */
export function maxMessageBytes(topic: Pick<Topic<never>, 'maxRecordBytes'>): number {
  return topic.maxRecordBytes + KEY_ROOM_BYTES;
}

const KEY_ROOM_BYTES = 64 * 1024;

/**
 * Cuts records into sends, in order. One topic's records keep their order; sends must follow one another.
 *
 * @throws ApportionError `record_too_large` before anything is sent.
 */
export function sendsOf(prefix: string, records: readonly OutputRecord[]): TopicRecords[][] {
  const sends: TopicRecords[][] = [];
  let current = new Map<Topic<never>, { bytes: number; records: OutputRecord[] }>();
  const finish = (): void => {
    if (current.size === 0) return;
    sends.push([...current].map(([topic, part]) => ({ topic: prefix + topic.name, records: part.records })));
    current = new Map();
  };
  for (const record of records) {
    const bytes = sizeOf(record);
    let part = current.get(record.topic);
    if (part !== undefined && part.bytes + bytes > SEND_BYTES) {
      finish();
      part = undefined;
    }
    if (part === undefined) {
      part = { bytes: 0, records: [] };
      current.set(record.topic, part);
    }
    part.bytes += bytes;
    part.records.push(record);
  }
  finish();
  return sends;
}

function sizeOf({ topic, key, value }: OutputRecord): number {
  const keyBytes = typeof key === 'string' ? Buffer.byteLength(key) : key.length;
  if (value.length > topic.maxRecordBytes || keyBytes + RECORD_OVERHEAD_BYTES > KEY_ROOM_BYTES) {
    throw new ApportionError(
      'record_too_large',
      `A record for ${topic.name} has ${value.length} bytes and a key of ${keyBytes}; the topic takes values of at most ${topic.maxRecordBytes} bytes. Its key begins ${String(key).slice(0, 200)}.`,
      'Split it at its source: a cost report by sub-account, for example.',
    );
  }
  return keyBytes + value.length + RECORD_OVERHEAD_BYTES;
}
