import { createAPI, type Reader, Writer } from '@platformatic/kafka';
import { FETCH_BYTES, FETCH_WAIT_MS } from '../limits.ts';
import { Cursor } from './cursor.ts';

export interface FetchFrom {
  readonly topic: string;
  readonly partition: number;
  readonly position: number;
}

/** What a broker gives of a partition. */
export interface Fetched {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Record batches as the log has them; the last may be cut off. */
  readonly batches: Buffer;
}

/** A transaction that touches what was fetched and was aborted, or is known to be. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

export interface FetchAnswer {
  readonly errorCode: number;
  readonly partitions: readonly Fetched[];
}

/** Fetch, version 12. The library has it too, but makes several objects of each record; here batches stay as they are. */
export const fetchRecords = createAPI<[from: readonly FetchFrom[], partitionBytes: number], FetchAnswer>(
  1,
  12,
  request,
  answer,
);

const ANY_REPLICA = -1;
const AT_LEAST_BYTES = 1;
const READ_COMMITTED = 1;
const NO_SESSION = { id: 0, epoch: -1 };
const UNKNOWN_EPOCH = -1;
const UNKNOWN_OFFSET = -1n;

function request(from: readonly FetchFrom[], partitionBytes: number): Writer {
  const byTopic = [...Map.groupBy(from, ({ topic }) => topic)];
  return Writer.create()
    .appendInt32(ANY_REPLICA)
    .appendInt32(FETCH_WAIT_MS)
    .appendInt32(AT_LEAST_BYTES)
    .appendInt32(FETCH_BYTES)
    .appendInt8(READ_COMMITTED)
    .appendInt32(NO_SESSION.id)
    .appendInt32(NO_SESSION.epoch)
    .appendArray(byTopic, (topicWriter, [topic, partitions]) => {
      topicWriter.appendString(topic).appendArray(partitions, (writer, { partition, position }) => {
        writer
          .appendInt32(partition)
          .appendInt32(UNKNOWN_EPOCH)
          .appendInt64(BigInt(position))
          .appendInt32(UNKNOWN_EPOCH)
          .appendInt64(UNKNOWN_OFFSET)
          .appendInt32(partitionBytes);
      });
    })
    .appendArray([], () => {})
    .appendString('')
    .appendTaggedFields();
}

function answer(_correlationId: number, _apiKey: number, _apiVersion: number, reader: Reader): FetchAnswer {
  // One run of bytes, so that no record lies across two.
  const cursor = new Cursor(reader.buffer.buffer);
  cursor.int32(); // The time that a quota makes the broker wait.
  const errorCode = cursor.int16();
  cursor.int32(); // The session, of which there is none.
  const partitions = cursor.compactArray(() => {
    const topic = cursor.compactString();
    const ofTopic = cursor.compactArray(() => fetchedOf(topic, cursor));
    cursor.taggedFields();
    return ofTopic;
  });
  return { errorCode, partitions: partitions.flat() };
}

function fetchedOf(topic: string, cursor: Cursor): Fetched {
  const partition = cursor.int32();
  const errorCode = cursor.int16();
  cursor.int64(); // The end.
  cursor.int64(); // The end of what is committed.
  cursor.int64(); // The beginning.
  const aborted = cursor.compactArray(() => {
    const transaction = { producerId: cursor.bigInt64(), firstOffset: cursor.int64() };
    cursor.taggedFields();
    return transaction;
  });
  cursor.int32(); // The replica to be read from instead, which only a rack asks for.
  const batches = cursor.compactBytes();
  cursor.taggedFields();
  return { topic, partition, errorCode, aborted, batches };
}
