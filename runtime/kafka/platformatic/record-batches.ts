import { compressionsAlgorithmsByBitmask } from '@platformatic/kafka';
import { KafkaError } from '../errors.ts';
import { Cursor } from './cursor.ts';
import type { AbortedTransaction, Fetched } from './fetch.ts';

/** What stands before the records of a batch, see https://kafka.apache.org/documentation/#recordbatch. */
export interface BatchHead {
  readonly baseOffset: number;
  /** Of the last entry that the batch ever had: compaction may have taken it. */
  readonly lastOffset: number;
  /** Of the three bits that name a compression, 0 for none. */
  readonly compression: number;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly baseTimestampMs: number;
  /** The time of all records, where the topic has the broker's; null where each has its own. */
  readonly appendedMs: number | null;
  readonly producerId: bigint;
  readonly count: number;
}

/**
 * Calls back for each batch of committed records, in order, with the bytes behind its head. Gives the position behind
 * the last whole batch, whatever it holds; null when there is none.
 *
 * A transaction that was aborted is known by its producer, from the first offset of it on that the broker names until
 * its marker. A producer can have several of them here, and several producers can at once.
 */
export function committedBatches(
  { aborted, batches }: Fetched,
  use: (head: BatchHead, records: Buffer) => void,
): number | null {
  const begins = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  const abortedNow = new Set<AbortedTransaction['producerId']>();
  let begun = 0;
  let next: number | null = null;
  for (let at = 0; at + LENGTH_END <= batches.length; ) {
    const end = at + LENGTH_END + batches.readInt32BE(at + LENGTH_AT);
    if (end > batches.length) break;
    const cursor = new Cursor(batches, at);
    const head = readHead(cursor);
    const records = batches.subarray(cursor.at, end);
    for (
      let begin = begins[begun];
      begin !== undefined && begin.firstOffset <= head.lastOffset;
      begin = begins[++begun]
    ) {
      abortedNow.add(begin.producerId);
    }
    if (head.isControl) {
      if (isAbort(records)) abortedNow.delete(head.producerId);
    } else if (!head.isTransactional || !abortedNow.has(head.producerId)) {
      use(head, records);
    }
    next = head.lastOffset + 1;
    at = end;
  }
  return next;
}

/** The records of a batch, unpacked. */
export function openBatch({ compression }: BatchHead, records: Buffer): Cursor {
  if (compression === 0) return new Cursor(records);
  const algorithm = Object.entries(compressionsAlgorithmsByBitmask).find(([bits]) => Number(bits) === compression)?.[1];
  if (algorithm === undefined)
    throw new KafkaError('fatal', `Nobody knows the compression ${compression} of a record batch.`);
  return new Cursor(algorithm.decompressSync(records));
}

function readHead(cursor: Cursor): BatchHead {
  const baseOffset = cursor.int64();
  cursor.int32(); // The length.
  cursor.int32(); // The epoch of the leader.
  const magic = cursor.int8();
  if (magic !== MAGIC) throw new KafkaError('fatal', `A record batch has the format ${magic}, from before Kafka 0.11.`);
  cursor.int32(); // The checksum, which TCP and the broker have looked after.
  const attributes = cursor.int16();
  const lastOffset = baseOffset + cursor.int32();
  const baseTimestampMs = cursor.int64();
  const maxTimestampMs = cursor.int64();
  const producerId = cursor.bigInt64();
  cursor.int16(); // The epoch of the producer.
  cursor.int32(); // The sequence.
  const count = cursor.int32();
  return {
    baseOffset,
    lastOffset,
    compression: attributes & COMPRESSION,
    isTransactional: (attributes & TRANSACTIONAL) !== 0,
    isControl: (attributes & CONTROL) !== 0,
    baseTimestampMs,
    appendedMs: (attributes & APPEND_TIME) === 0 ? null : maxTimestampMs,
    producerId,
    count,
  };
}

/** The key of a marker is its version and its type, of 16 bits each. */
function isAbort(records: Buffer): boolean {
  const cursor = new Cursor(records);
  cursor.varInt(); // The length.
  cursor.int8(); // The attributes.
  cursor.varInt(); // The timestamp.
  cursor.varInt(); // The offset.
  return cursor.varIntBytes()?.readInt16BE(2) === ABORT;
}

const LENGTH_AT = 8;
const LENGTH_END = 12;
const MAGIC = 2;

const COMPRESSION = 0b111;
const APPEND_TIME = 1 << 3;
const TRANSACTIONAL = 1 << 4;
const CONTROL = 1 << 5;

const ABORT = 0;
