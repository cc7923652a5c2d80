import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import fc from 'fast-check';
import type { OutgoingRecord } from '../client.ts';
import { deliveryOf } from './delivery.ts';
import { encodeBatch } from './encode-batch.ts';
import type { AbortedTransaction } from './fetch.ts';

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
  fc.integer({ min: 8_180, max: 8_200 }).map((length) => Buffer.alloc(length, 'x')),
);
const record: fc.Arbitrary<OutgoingRecord> = fc.record({
  key: fc.option(fc.oneof(fc.string({ unit: 'grapheme' }), bytes), { nil: null }),
  value: fc.option(bytes, { nil: null }),
  route: fc.constant(0),
  headers: fc.array(fc.record({ name: fc.string({ unit: 'grapheme' }), value: bytes }, { noNullPrototype: true }), {
    maxLength: 3,
  }),
});
const origin = { producerId: 7n, producerEpoch: 3, sequence: 2 ** 31 - 2, isTransactional: true };

test('a batch is read as it was written, at offsets as large as there are', () => {
  const offsets = fc.maxSafeNat().map((n) => Math.floor(n / 2));
  const property = fc.property(fc.array(record, { minLength: 1, maxLength: 100 }), offsets, (records, baseOffset) => {
    const batches = at(baseOffset, encodeBatch(records, origin, 1_773_122_400_000));
    const delivery = deliveryOf(fetched(batches), baseOffset);
    assert.ok(delivery !== null);
    assert.deepEqual([delivery.from, delivery.next], [baseOffset, baseOffset + records.length]);
    assert.equal(delivery.count, records.length);
    for (const [index, { key, value, headers }] of records.entries()) {
      assert.equal(delivery.offsetAt(index), baseOffset + index);
      assert.equal(delivery.timestampMsAt(index), 1_773_122_400_000);
      assert.deepEqual(delivery.keyAt(index), key === null ? null : Buffer.from(key as string));
      assert.deepEqual(delivery.valueAt(index), value);
      assert.deepEqual(delivery.headersAt(index), headers);
    }
  });
  fc.assert(property, { numRuns: 200 });
});

test('a batch has the bytes that another implementation gives it', async () => {
  const require = createRequire(import.meta.url);
  const recordOf = require('kafkajs/src/protocol/recordBatch/record/v0') as (message: object) => unknown;
  const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
    RecordBatch(batch: object): Promise<{ buffer: Buffer }>;
  };
  const property = fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 50 }), async (all) => {
    const plain = all.map(({ headers: _headers, ...rest }) => rest);
    const { buffer: expected } = await RecordBatch({
      records: plain.map((message, offsetDelta) => recordOf({ ...message, offsetDelta, timestampDelta: 0 })),
      lastOffsetDelta: all.length - 1,
      transactional: true,
      producerId: '7',
      producerEpoch: 3,
      firstSequence: 2 ** 31 - 2,
      firstTimestamp: 1_773_122_400_000,
      maxTimestamp: 1_773_122_400_000,
    });
    const ours = encodeBatch(plain, origin, 1_773_122_400_000);
    // kafkajs tells the broker of a leader's epoch 0, which the broker overwrites, and the checksum leaves out.
    expected.writeInt32BE(-1, 12);
    assert.ok(ours.equals(expected));
  });
  await fc.assert(property, { numRuns: 100 });
});

test('a fetch that begins within a batch gives the rest of it, and one that is cut off gives what is whole', () => {
  const batches = Buffer.concat([batchOf(10, ['a', 'b', 'c']), batchOf(13, ['d'])]);
  assert.deepEqual(read(batches, 11), { values: ['b', 'c', 'd'], next: 14 });
  assert.deepEqual(read(batches.subarray(0, -1), 11), { values: ['b', 'c'], next: 13 });
  assert.deepEqual(read(batches.subarray(0, 11), 10), null);
  assert.deepEqual(read(batches.subarray(0, 40), 10), null);
  assert.deepEqual(read(Buffer.alloc(0), 10), null);
});

test('of a producer that aborts again and again only what it committed in between is shown', () => {
  const batches = Buffer.concat([
    batchOf(0, ['aborted'], 1n),
    batchOf(1, ['two'], 2n),
    marker(2, 1n, 'abort'),
    batchOf(3, ['one'], 1n),
    marker(4, 1n, 'commit'),
    batchOf(5, ['aborted'], 1n),
    marker(6, 2n, 'commit'),
    batchOf(7, ['aborted'], 2n),
    batchOf(8, ['plain'], null),
    marker(9, 2n, 'abort'),
    marker(10, 1n, 'abort'),
  ]);
  // The broker lists them by their ends.
  const aborted = [
    { producerId: 1n, firstOffset: 0 },
    { producerId: 2n, firstOffset: 7 },
    { producerId: 1n, firstOffset: 5 },
  ];
  assert.deepEqual(read(batches, 0, aborted), { values: ['two', 'one', 'plain'], next: 11 });
  const begun = { producerId: 1n, firstOffset: 0 };
  assert.deepEqual(read(batchOf(1, ['of an aborted one without its marker'], 1n), 1, [begun]), { values: [], next: 2 });
});

test('what nobody can unpack is an error, not a gap', () => {
  const batch = batchOf(0, ['a']);
  batch.writeInt16BE(7, 21);
  assert.throws(() => read(batch, 0), { name: 'KafkaError', fault: 'fatal' });
  const old = batchOf(0, ['a']);
  old.writeInt8(1, 16);
  assert.throws(() => read(old, 0), { name: 'KafkaError', fault: 'fatal' });
});

function read(batches: Buffer, from: number, aborted: readonly AbortedTransaction[] = []) {
  const delivery = deliveryOf(fetched(batches, aborted), from);
  if (delivery === null) return null;
  const values = Array.from({ length: delivery.count }, (_, index) => String(delivery.valueAt(index)));
  return { values, next: delivery.next };
}

function fetched(batches: Buffer, aborted: readonly AbortedTransaction[] = []) {
  return { topic: 't', partition: 0, errorCode: 0, aborted, batches };
}

/** Of a transaction of the producer, or of none. */
function batchOf(baseOffset: number, values: readonly string[], producerId: bigint | null = null): Buffer {
  const records = values.map((value) => ({ key: null, value: Buffer.from(value), route: 0 }));
  const isTransactional = producerId !== null;
  const by = { producerId: producerId ?? -1n, producerEpoch: 0, sequence: 0, isTransactional };
  return at(baseOffset, encodeBatch(records, by, 0));
}

function marker(baseOffset: number, producerId: bigint, type: 'commit' | 'abort'): Buffer {
  const key = Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1]);
  const by = { producerId, producerEpoch: 0, sequence: 0, isTransactional: true };
  const batch = at(baseOffset, encodeBatch([{ key, value: Buffer.alloc(6), route: 0 }], by, 0));
  const CONTROL = 1 << 5;
  batch.writeInt16BE(batch.readInt16BE(21) | CONTROL, 21);
  return batch;
}

/** As the broker gives the batch its place in the log. */
function at(baseOffset: number, batch: Buffer): Buffer {
  batch.writeBigInt64BE(BigInt(baseOffset), 0);
  return batch;
}
