/** What patches/kafkajs+2.2.4.patch changes, and that it is applied. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { mock, test } from 'node:test';
import fc from 'fast-check';

const require = createRequire(import.meta.url);

interface RequestQueue {
  push(request: { entry: { correlationId: number }; expectResponse: boolean; sendRequest(): void }): void;
  fulfillRequest(response: { correlationId: number; payload: null; size: number }): void;
  maybeThrottle(ms: number): void;
  readonly throttleCheckTimeoutId: unknown;
}

test('an idle request queue arms no timer', () => {
  const { queue, request } = queueOfOne();
  request(1);
  queue.fulfillRequest({ correlationId: 1, payload: null, size: 0 });
  assert.equal(queue.throttleCheckTimeoutId, null);
});

test('a throttled request is sent when the throttle is over, and the queue is idle again', () => {
  const clock = steppedClock();
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const { queue, request, sent } = queueOfOne();
    queue.maybeThrottle(250);
    request(1);
    clock.pass(249);
    mock.timers.tick(249);
    assert.deepEqual(sent, []);
    clock.pass(1);
    mock.timers.tick(1);
    assert.deepEqual(sent, [1]);
    queue.fulfillRequest({ correlationId: 1, payload: null, size: 0 });
    assert.equal(queue.throttleCheckTimeoutId, null);
  } finally {
    mock.reset();
    mock.timers.reset();
  }
});

test('a time of day that is set back ends no heartbeats', async () => {
  const ConsumerGroup = require('kafkajs/src/consumer/consumerGroup') as new (options: object) => ConsumerGroup;
  const clock = steppedClock();
  mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-11-20T12:00:00Z') });
  try {
    const logger = { namespace: () => ({}) };
    const group = new ConsumerGroup({ logger, instrumentationEmitter: { emit: () => {} }, memberId: 'm' });
    let beats = 0;
    group.coordinator = { heartbeat: async () => void beats++ };
    mock.timers.setTime(Date.parse('2026-11-20T09:00:00Z'));
    for (let second = 1; second <= 3; second++) {
      clock.pass(1_000);
      await group.heartbeat({ interval: 1_000 });
      assert.equal(beats, second);
    }
  } finally {
    mock.reset();
    mock.timers.reset();
  }
});

interface ConsumerGroup {
  coordinator: { heartbeat(): Promise<void> };
  heartbeat(options: { interval: number }): Promise<void>;
}

/** Stands in for the clock that nobody sets, until `mock.reset`. */
function steppedClock(): { pass(ms: number): void } {
  let nowMs = 1_000;
  mock.method(performance, 'now', () => nowMs);
  return {
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

test('no record of an aborted transaction is shown, also where transactions interleave', () => {
  const filter = require('kafkajs/src/consumer/filterAbortedMessages') as (batch: object) => { offset: string }[];
  const message = (offset: number, producerId: string) => ({
    offset: String(offset),
    key: Buffer.from('k'),
    batchContext: { producerId, inTransaction: true },
  });
  const abort = (offset: number, producerId: string) => ({
    ...message(offset, producerId),
    key: Buffer.from([0, 0, 0, 0]),
    isControlRecord: true,
  });
  // The long transaction of a ends last, so the broker lists it last. c commits.
  const messages = [
    message(5, 'a'),
    message(6, 'c'),
    message(7, 'b'),
    message(8, 'a'),
    abort(9, 'b'),
    message(10, 'a'),
    abort(11, 'a'),
  ];
  const abortedTransactions = [
    { producerId: 'b', firstOffset: '7' },
    { producerId: 'a', firstOffset: '5' },
  ];
  const shown = (from: number) =>
    filter({ messages: messages.slice(from), abortedTransactions })
      .filter((each) => !('isControlRecord' in each))
      .map((each) => each.offset);
  assert.deepEqual(shown(0), ['6']);
  assert.deepEqual(shown(2), [], 'a fetch that begins within both');
});

test('partitions that kafkajs does not know at the moment are an error that passes, and not left out', async () => {
  const createAdmin = require('kafkajs/src/admin') as (
    options: object,
  ) => Record<
    'fetchTopicOffsets' | 'fetchTopicOffsetsByTimestamp',
    (topic: string, timestamp?: number) => Promise<unknown>
  >;
  const Cluster = require('kafkajs/src/cluster') as { prototype: { fetchTopicsOffset(topics: object[]): unknown } };
  const cluster = {
    addTargetTopic: async () => {},
    refreshMetadataIfNecessary: async () => {},
    findTopicPartitionMetadata: () => [],
    findLeaderForPartitions: () => ({ '1': [0] }),
  };
  const admin = createAdmin({ logger: { namespace: () => ({}) }, cluster, retry: { retries: 0 } });
  await assert.rejects(admin.fetchTopicOffsets('t'), { name: 'KafkaJSMetadataNotLoaded' });
  await assert.rejects(admin.fetchTopicOffsetsByTimestamp('t', 0), { name: 'KafkaJSMetadataNotLoaded' });
  const partitions = [{ partition: 0 }, { partition: 1 }];
  await assert.rejects(async () => Cluster.prototype.fetchTopicsOffset.call(cluster, [{ topic: 't', partitions }]), {
    name: 'KafkaJSTopicMetadataNotLoaded',
  });
});

test('messages are grouped by partition in order, in time that rises with their number alone', () => {
  const group = require('kafkajs/src/producer/groupMessagesPerPartition') as (send: object) => Record<string, number[]>;
  const partitionMetadata = [0, 1];
  const partitioner = ({ message }: { message: number }): number => message % 2;
  const messages = [4, 1, 2, 3, 6];
  assert.deepEqual(group({ partitionMetadata, messages, partitioner }), { 0: [4, 2, 6], 1: [1, 3] });

  let copied = 0;
  const { values } = Array.prototype;
  Array.prototype[Symbol.iterator] = function <T>(this: T[]) {
    copied += 1;
    return values.call(this) as ArrayIterator<T>;
  };
  try {
    group({ partitionMetadata, messages, partitioner });
  } finally {
    Array.prototype[Symbol.iterator] = values;
  }
  assert.equal(copied, 0, 'no list is copied');
});

test('numbers of records are written as before, small ones in the short way', () => {
  const Encoder = require('kafkajs/src/protocol/encoder') as { new (size?: number): Encoder; sizeOfVarLong: SizeOf };
  const values = [
    0,
    1,
    -1,
    63,
    64,
    -64,
    -65,
    8191,
    8192,
    2 ** 30 - 1,
    1 - 2 ** 30,
    2 ** 30,
    -(2 ** 30),
    2 ** 31,
    2 ** 40,
  ];
  for (const value of values) {
    const long = [...new Encoder(1).writeVarLong(value).buffer];
    assert.deepEqual(long, zigZagBytes(value), String(value));
    assert.equal(Encoder.sizeOfVarLong(value), long.length, String(value));
    if (Math.abs(value) < 2 ** 31) assert.deepEqual([...new Encoder(1).writeVarInt(value).buffer], long, String(value));
  }
});

test('checksums of batches are CRC-32C, whatever their length', () => {
  const crc32C = require('kafkajs/src/protocol/recordBatch/crc32C') as (bytes: Buffer) => number;
  assert.equal(crc32C(Buffer.from('123456789')), 0xe3069283, 'the check value of the definition');
  const bytes = Buffer.from(Array.from({ length: 100 }, (_, i) => (i * 167 + 13) % 256));
  for (let end = 0; end <= bytes.length; end++) {
    assert.equal(crc32C(bytes.subarray(0, end)), crcBitByBit(bytes.subarray(0, end)), `${end} bytes`);
  }
});

function crcBitByBit(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

interface Encoder {
  readonly buffer: Buffer;
  writeVarInt(value: number): Encoder;
  writeVarLong(value: number): Encoder;
}

type SizeOf = (value: number) => number;

function zigZagBytes(value: number): number[] {
  const bytes: number[] = [];
  let rest = value < 0 ? -2n * BigInt(value) - 1n : 2n * BigInt(value);
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

/** A queue that sends at once what it may. */
function queueOfOne() {
  const Queue = require('kafkajs/src/network/requestQueue') as new (options: object) => RequestQueue;
  const logger = { debug: () => {}, warn: () => {} };
  const queue = new Queue({ maxInFlightRequests: null, requestTimeout: 1000, clientId: 'c', broker: 'b', logger });
  const sent: number[] = [];
  const request = (correlationId: number): void => {
    const entry = { correlationId, resolve: () => {}, reject: () => {} };
    queue.push({ entry, expectResponse: true, sendRequest: () => void sent.push(correlationId) });
  };
  return { queue, request, sent };
}

test('a plain record batch has the bytes that kafkajs gives it one encoder after the other', async () => {
  const plain = require('kafkajs/src/protocol/recordBatch/plain') as (batch: object) => Buffer;
  const record = require('kafkajs/src/protocol/recordBatch/record/v0') as (message: object) => unknown;
  const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
    RecordBatch(batch: object): Promise<{ buffer: Buffer }>;
  };
  const bytes = fc.oneof(
    fc.constant(null),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
    fc.integer({ min: 8180, max: 8200 }).map((length) => Buffer.alloc(length, 'x')),
  );
  const messages = fc.oneof(
    fc.array(fc.record({ key: bytes, value: bytes }), { minLength: 1, maxLength: 150 }),
    fc.integer({ min: 8190, max: 8195 }).map((length) => Array.from({ length }, () => ({ key: 'k', value: null }))),
  );
  const property = fc.asyncProperty(messages, fc.boolean(), fc.maxSafeNat(), async (all, transactional, producerId) => {
    const of = { transactional, producerId: String(producerId), producerEpoch: 7, firstSequence: 2 ** 31 - 2 };
    const timestamp = 1_773_122_400_000;
    const records = all.map((message, offsetDelta) => record({ ...message, offsetDelta, timestampDelta: 0 }));
    const times = { firstTimestamp: timestamp, maxTimestamp: timestamp };
    const expected = await RecordBatch({ ...of, ...times, records, lastOffsetDelta: all.length - 1 });
    assert.ok(plain({ ...of, timestamp, messages: all }).equals(expected.buffer));
  });
  await fc.assert(property, { numRuns: 200 });
});

test('encoders within encoders give the bytes that they give as published, however large what they hold is', () => {
  const patched = require('kafkajs/src/protocol/encoder') as EncoderClass;
  const stock = require('kafkajs-stock/src/protocol/encoder') as EncoderClass;
  const size = fc.oneof(fc.nat(600), fc.integer({ min: 16_380, max: 16_390 }));
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof({ maxDepth: 4 }, size, fc.array(tie('tree'), { maxLength: 4 })),
  }));
  const property = fc.property(fc.array(tree, { maxLength: 4 }), (parts) => {
    const [ours, theirs] = [encoded(patched, parts), encoded(stock, parts)];
    assert.equal(ours.size(), theirs.size());
    assert.ok(ours.buffer.equals(theirs.buffer));
  });
  fc.assert(property, { numRuns: 300 });
});

/** The size of a buffer, or an encoder in the encoder. */
type Tree = number | Tree[];

interface Encoder {
  readonly buffer: Buffer;
  size(): number;
  writeInt32(value: number): void;
  writeBuffer(value: Buffer): void;
  writeArray(value: readonly Encoder[]): void;
}

type EncoderClass = new () => Encoder;

function encoded(Class: EncoderClass, parts: readonly Tree[]): Encoder {
  const encoder = new Class();
  for (const part of parts) {
    encoder.writeInt32(7);
    if (typeof part === 'number') encoder.writeBuffer(Buffer.alloc(part, part));
    else encoder.writeArray(part.map((inner) => encoded(Class, [inner])));
  }
  return encoder;
}

test('the records of a batch are read as kafkajs reads them one by one', async () => {
  const Decoder = require('kafkajs/src/protocol/decoder') as new (buffer: Buffer) => object;
  const record = require('kafkajs/src/protocol/recordBatch/record/v0') as (message: object) => { buffer: Buffer };
  const decodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0/decoder') as (
    decoder: object,
    context: object,
  ) => Record<string, unknown>;
  const plainRecords = require('kafkajs/src/protocol/recordBatch/plainRecords') as (
    decoder: object,
    context: object,
  ) => Record<string, unknown>[];
  const bytes = fc.option(
    fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
    { nil: null },
  );
  const headers = fc.dictionary(
    fc.string({ maxLength: 5 }),
    fc.oneof(fc.string(), fc.array(fc.string(), { minLength: 2 })),
    {
      maxKeys: 3,
      noNullPrototype: true,
    },
  );
  const message = fc.record({
    key: bytes,
    value: bytes,
    headers,
    timestampDelta: fc.oneof(
      fc.integer(),
      fc.maxSafeInteger().map((n) => Math.floor(n / 4)),
    ),
    offsetDelta: fc.nat(2 ** 30),
  });
  const context = fc.record({
    firstOffset: fc.nat(2 ** 31 - 1).map((n) => String(n * 2 ** 20)),
    firstTimestamp: fc.constantFrom('-1', '0', '1773122400000'),
    maxTimestamp: fc.constantFrom('1773122400001'),
    timestampType: fc.constantFrom(0, 1),
    isControlBatch: fc.boolean(),
    lastOffsetDelta: fc.constant(2 ** 30),
    magicByte: fc.constant(2),
  });
  const fields = ['attributes', 'timestamp', 'offset', 'key', 'value', 'headers', 'isControlRecord', 'magicByte'];
  const shown = (one: Record<string, unknown> | undefined) => fields.map((field) => one?.[field]);
  const property = fc.property(fc.array(message, { maxLength: 20 }), context, (all, of) => {
    const encoded = all.map((one) => record(one).buffer);
    const count = Buffer.alloc(4);
    count.writeInt32BE(all.length);
    const read = plainRecords(new Decoder(Buffer.concat([count, ...encoded])), of);
    assert.equal(read.length, all.length);
    for (const [index, buffer] of encoded.entries()) {
      const lengthBytes = buffer.findIndex((byte) => byte < 128) + 1;
      const expected = decodeRecord(new Decoder(buffer.subarray(lengthBytes)), of);
      assert.deepEqual(shown(read[index]), shown(expected));
    }
  });
  fc.assert(property, { numRuns: 500 });
});

test('records whose offsets no number holds are left to kafkajs', () => {
  const Decoder = require('kafkajs/src/protocol/decoder') as new (buffer: Buffer) => object;
  const plainRecords = require('kafkajs/src/protocol/recordBatch/plainRecords') as (
    decoder: object,
    context: object,
  ) => unknown;
  const context = { firstOffset: String(2n ** 53n), firstTimestamp: '0', maxTimestamp: '0', lastOffsetDelta: 1 };
  assert.equal(plainRecords(new Decoder(Buffer.alloc(4)), context), null);
});
