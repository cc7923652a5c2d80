import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AMOUNT_SCALE } from '../../schemas/scalars.ts';
import type { Topic } from '../../schemas/topics.ts';
import { Undecodable } from '../task.ts';
import { avroType } from './avro.ts';
import { createCodec, createLocalCodec } from './codec.ts';

const { PROPERTY_RUNS = '500' } = process.env;
const numRuns = Number(PROPERTY_RUNS);

const money = { type: 'bytes', logicalType: 'decimal', precision: 38, scale: AMOUNT_SCALE };
const schema = {
  type: 'record',
  name: 'Thing',
  namespace: 'test',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'amount', type: money },
    { name: 'day', type: { type: 'int', logicalType: 'date' } },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'tags', type: { type: 'map', values: 'string' } },
    { name: 'parts', type: { type: 'array', items: money } },
    { name: 'count', type: ['null', 'long'], default: null },
  ],
};
const things = topicOf(schema);
const codec = createLocalCodec([things]);

test('every value comes back as it was', () => {
  fc.assert(
    fc.property(thing(), (value) => {
      const decoded: object = codec.decode(things, codec.encode(things, value as never));
      assert.deepEqual({ ...decoded }, value);
    }),
    { numRuns },
  );
});

test('decimals are as short as they can be, at every edge of their length', () => {
  for (let bits = 0n; bits < 126n; bits++) {
    for (const value of [1n << bits, (1n << bits) - 1n, -(1n << bits), -(1n << bits) - 1n]) {
      const type = avroType(money);
      const bytes = type.toBuffer(value);
      assert.equal(type.fromBuffer(bytes), value);
      const payload = bytes.subarray(1);
      const short = payload.length > 1 && BigInt.asIntN(8 * (payload.length - 1), value) === value;
      assert.ok(!short, `${value} in ${payload.length} bytes`);
    }
  }
});

test('bytes that are cut off, lengthened or of another format are a value that says so', () => {
  const whole = codec.encode(things, { id: 'a', amount: 5n, day: 1, at: 2, tags: {}, parts: [1n], count: 4 } as never);
  const reason = (value: Buffer) => {
    const decoded: unknown = codec.decode(things, value);
    return decoded instanceof Undecodable ? decoded.reason : 'decoded';
  };
  assert.equal(reason(whole), 'decoded');
  for (let length = 1; length < whole.length; length++) assert.equal(reason(whole.subarray(0, length)), 'undecodable');
  assert.equal(reason(Buffer.alloc(0)), 'empty');
  assert.equal(reason(Buffer.concat([whole, Buffer.from([0])])), 'undecodable');
  assert.equal(reason(Buffer.from('{"id":"a"}')), 'undecodable');
  const unknown = Buffer.from(whole);
  unknown.writeUInt32BE(77, 1);
  assert.equal(reason(unknown), 'unknown_schema');
});

test('whatever bytes come, decoding neither throws, nor loops, nor takes memory that they are not worth', () => {
  const header = Buffer.from([0, 0, 0, 0, 1]);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      codec.decode(things, Buffer.concat([header, bytes]));
    }),
    { numRuns: 5 * numRuns },
  );
  const encoded = (value: object) => codec.encode(things, value as never);
  const value = { id: 'abc', amount: -5n, day: 1, at: 2, tags: { a: 'b' }, parts: [1n, 2n], count: null };
  fc.assert(
    fc.property(fc.nat(), fc.nat(255), (at, byte) => {
      const bytes = encoded(value);
      bytes[5 + (at % (bytes.length - 5))] = byte;
      codec.decode(things, bytes);
    }),
    { numRuns: 5 * numRuns },
  );
});

test('an array that claims a billion items is refused at once', () => {
  const list = topicOf({
    type: 'record',
    name: 'L',
    fields: [{ name: 'items', type: { type: 'array', items: 'string' } }],
  });
  const local = createLocalCodec([list]);
  for (const claim of ['80a8d6b907', 'ffa7d6b90702']) {
    const bytes = Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), Buffer.from(claim, 'hex'), Buffer.alloc(100)]);
    assert.ok((local.decode(list, bytes) as unknown) instanceof Undecodable);
  }
});

test('text that is not UTF-8 is refused, so that two ids never become one', () => {
  const text = topicOf({ type: 'record', name: 'T', fields: [{ name: 'id', type: 'string' }] });
  const local = createLocalCodec([text]);
  const of = (bytes: number[]) =>
    local.decode(text, Buffer.from([0, 0, 0, 0, 1, bytes.length * 2, ...bytes])) as unknown;
  assert.ok(of([0x61, 0xff, 0x62]) instanceof Undecodable);
  assert.ok(of([0xc3]) instanceof Undecodable);
  assert.deepEqual({ ...(of([...Buffer.from('a\uFFFDb')]) as object) }, { id: 'a\uFFFDb' });
});

test('reads what older and newer writers wrote as its own schema', () => {
  const [id, amount] = [schema.fields[0], schema.fields[1]];
  const reader = topicOf({ ...schema, fields: [id, amount, { name: 'note', type: 'string', default: 'none' }] });
  const older = { ...schema, fields: [amount, id] };
  const newer = {
    ...schema,
    fields: [{ name: 'extra', type: 'long', default: 0 }, amount, id, { name: 'note', type: 'string' }],
  };
  const mixed = codecOf([reader.schema, older, newer]);
  const wrote = (id: number, type: object, value: object) => {
    const bytes = avroType(type).toBuffer(value);
    return mixed.decode(reader, Buffer.concat([Buffer.from([0, 0, 0, 0, id]), bytes])) as object;
  };
  assert.deepEqual({ ...wrote(2, older, { id: 'a', amount: 7n }) }, { id: 'a', amount: 7n, note: 'none' });
  assert.deepEqual(
    { ...wrote(3, newer, { id: 'a', amount: 7n, note: 'x', extra: 4 }) },
    { id: 'a', amount: 7n, note: 'x' },
  );
});

test('an amount at another scale, or a text in its place, is not read as an amount', () => {
  const reader = topicOf({ ...schema, fields: [schema.fields[1]] });
  const cents = { ...schema, fields: [{ name: 'amount', type: { ...money, scale: 2 } }] };
  const text = { ...schema, fields: [{ name: 'amount', type: 'string' }] };
  const mixed = codecOf([reader.schema, cents, text]);
  for (const writer of [2, 3]) {
    const decoded = mixed.decode(reader, Buffer.from([0, 0, 0, 0, writer, 2, 7])) as unknown;
    assert.ok(decoded instanceof Undecodable && decoded.reason === 'undecodable', JSON.stringify(decoded));
  }
});

test('prepare asks for each id that is not known, once, and for nothing else', async () => {
  const asked: number[][] = [];
  const known = new Set([1]);
  const preparing = createCodec({
    idOf: () => 1,
    knows: (id) => known.has(id),
    find: () => null,
    fetch: async (ids) => {
      asked.push([...ids]);
      for (const id of ids) known.add(id);
    },
  });
  const of = (id: number) => Buffer.from([0, 0, 0, 0, id, 9]);
  assert.equal(preparing.prepare([of(1), null, Buffer.alloc(0), Buffer.from('text!')]), undefined);
  await preparing.prepare([of(1), of(3), of(3), of(2), of(3)]);
  assert.equal(preparing.prepare([of(2), of(3)]), undefined);
  assert.deepEqual(asked, [[3, 2]]);
});

function thing() {
  const amount = fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n });
  return fc.record(
    {
      id: fc.string({ unit: 'binary' }),
      amount: fc.oneof(amount, fc.bigInt({ min: -300n, max: 300n })),
      day: fc.integer({ min: -100_000, max: 100_000 }),
      at: fc.integer({ min: -(2 ** 52), max: 2 ** 52 }),
      tags: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
      parts: fc.array(amount),
      count: fc.option(fc.integer({ min: -(2 ** 52), max: 2 ** 52 })),
    },
    { noNullPrototype: true },
  );
}

function topicOf(avro: object): Topic<never> {
  return {
    name: 'things',
    key: () => '',
    keyText: '',
    partitioning: { by: 'single' },
    cleanup: { policy: 'compact', lagDays: 0 },
    maxRecordBytes: 1024,
    judgedByTimestamps: false,
    schema: avro,
    public: false,
    writtenBy: [],
    readBy: [],
    doc: '',
  };
}

/** A codec whose schemas have the ids 1, 2, 3 … */
function codecOf(schemas: readonly object[]) {
  const types = schemas.map((each) => avroType(each));
  return createCodec({ idOf: () => 1, knows: () => true, find: (id) => types[id - 1] ?? null, fetch: async () => {} });
}
