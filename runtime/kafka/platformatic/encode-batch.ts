import { crc32c } from '@platformatic/kafka';
import type { OutgoingRecord } from '../client.ts';

/** As whom a batch is written. */
export interface BatchOrigin {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** Of the first record, within the partition. */
  readonly sequence: number;
  readonly isTransactional: boolean;
}

/**
 * A record batch, see https://kafka.apache.org/documentation/#recordbatch, written once and straight into one buffer:
 * the library makes several objects and copies of each record. All records have the time of writing.
 */
export function encodeBatch(records: readonly OutgoingRecord[], origin: BatchOrigin, nowMs: number): Buffer {
  const bodies = records.map(bodyBytes);
  const size = bodies.reduce((sum, body) => sum + varIntBytes(body) + body, HEAD_BYTES);
  const batch = Buffer.allocUnsafe(size);
  writeHead(batch, records.length, origin, nowMs);
  let at = HEAD_BYTES;
  for (const [index, record] of records.entries()) {
    at = writeVarInt(batch, at, bodies[index] ?? 0);
    batch[at++] = 0; // Attributes, of which there are none.
    batch[at++] = 0; // The time since the first record's.
    at = writeVarInt(batch, at, index);
    at = writeBytes(batch, at, record.key);
    at = writeBytes(batch, at, record.value);
    const { headers = [] } = record;
    at = writeVarInt(batch, at, headers.length);
    for (const { name, value } of headers) at = writeBytes(batch, writeBytes(batch, at, name), value);
  }
  batch.writeUInt32BE(crc32c(batch.subarray(CHECKED_FROM)), CHECKSUM_AT);
  return batch;
}

const HEAD_BYTES = 61;
const CHECKSUM_AT = 17;
const CHECKED_FROM = 21;

const MAGIC = 2;
const TRANSACTIONAL = 1 << 4;

function writeHead(batch: Buffer, count: number, origin: BatchOrigin, nowMs: number): void {
  batch.writeBigInt64BE(0n, 0); // The base offset, which the broker gives.
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt32BE(-1, 12); // The epoch of the leader, which the broker gives.
  batch.writeInt8(MAGIC, 16);
  batch.writeInt16BE(origin.isTransactional ? TRANSACTIONAL : 0, 21);
  batch.writeInt32BE(count - 1, 23);
  batch.writeBigInt64BE(BigInt(nowMs), 27);
  batch.writeBigInt64BE(BigInt(nowMs), 35);
  batch.writeBigInt64BE(origin.producerId, 43);
  batch.writeInt16BE(origin.producerEpoch, 51);
  batch.writeInt32BE(origin.sequence, 53);
  batch.writeInt32BE(count, 57);
}

/** Of a record, behind its length. */
function bodyBytes({ key, value, headers = [] }: OutgoingRecord, index: number): number {
  const ofHeaders = headers.reduce((sum, each) => sum + sizeOf(each.name) + sizeOf(each.value), 0);
  return 2 + varIntBytes(index) + sizeOf(key) + sizeOf(value) + varIntBytes(headers.length) + ofHeaders;
}

/** Of bytes with their length before them. */
function sizeOf(bytes: string | Buffer | null): number {
  if (bytes === null) return 1;
  const length = Buffer.byteLength(bytes);
  return varIntBytes(length) + length;
}

function writeBytes(batch: Buffer, at: number, bytes: string | Buffer | null): number {
  if (bytes === null) {
    batch[at] = NULL_LENGTH;
    return at + 1;
  }
  const start = writeVarInt(batch, at, Buffer.byteLength(bytes));
  if (typeof bytes === 'string') return start + batch.write(bytes, start);
  batch.set(bytes, start);
  return start + bytes.length;
}

/** -1 in zigzag. */
const NULL_LENGTH = 1;

/** Of a number that is not negative: zigzag doubles it. */
function varIntBytes(value: number): number {
  if (value < 2 ** 6) return 1;
  if (value < 2 ** 13) return 2;
  if (value < 2 ** 20) return 3;
  return value < 2 ** 27 ? 4 : 5;
}

function writeVarInt(batch: Buffer, at: number, value: number): number {
  let rest = value * 2;
  let end = at;
  while (rest >= 128) {
    batch[end++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  batch[end++] = rest;
  return end;
}
