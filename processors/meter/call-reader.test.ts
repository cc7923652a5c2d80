import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { refuseCall } from '../../attribution/refuse-call.ts';
import type { Refused } from '../../runtime/dead-letter.ts';
import { avroType } from '../../runtime/kafka/avro.ts';
import { createCodec } from '../../runtime/kafka/codec.ts';
import { Undecodable } from '../../runtime/task.ts';
import { type Call, callAvro } from '../../schemas/call.ts';
import { calls } from '../../schemas/topics.ts';
import { CallReader } from './call-reader.ts';
import type { LinePart, LineTexts } from './line.ts';

const { PROPERTY_RUNS = '500' } = process.env;
const numRuns = Number(PROPERTY_RUNS);
const NOW = Date.parse('2026-05-09T12:00:00Z');
const limits = { maxCallMs: 24 * 3_600_000 };

/** 1: the schema of today. 2: one of its fields elsewhere. 3: one more field. 4: texts swapped. */
const types = [
  callAvro,
  { ...callAvro, fields: [callAvro.fields[7], ...callAvro.fields.slice(0, 7)] },
  { ...callAvro, fields: [...callAvro.fields, { name: 'codec', type: 'string', default: '' }] },
  { ...callAvro, fields: [callAvro.fields[1], callAvro.fields[0], ...callAvro.fields.slice(2)] },
].map(avroType);

const codec = createCodec({
  idOf: () => 1,
  knows: (id) => id >= 1 && id <= types.length,
  find: (id) => types[id - 1] ?? null,
  fetch: async () => {},
});

const text = (first: string, ...others: string[]) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(first, ...others) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 100 }) },
  );
const instant = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: NOW - 48 * 3_600_000, max: NOW + 600_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: -(2 ** 52), max: 2 ** 52 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0, 2 ** 34 - 1, 2 ** 34, 2 ** 41 - 1, 2 ** 41, 2 ** 47, 2 ** 48 - 1, 2 ** 48),
  },
);
const call = fc.record<Call>({
  callId: text('c-1', '', '\0', 'ü'),
  tenant: text('acme', ''),
  product: text('', 'asr'),
  cluster: text('eu-1', 'x'.repeat(63), 'x'.repeat(64)),
  namespace: text('a', 'x'.repeat(256), 'x'.repeat(257)),
  startedAt: instant,
  endedAt: instant,
  source: text('pbx', ''),
});

test('a call reads the same whatever schema it was written with', () => {
  fc.assert(
    fc.property(call, (value) => {
      const [first, ...others] = types.map((_, i) => readAll(write(i + 1, value)));
      for (const other of others) assert.deepEqual(other, first);
    }),
    { numRuns },
  );
});

test('it takes what the codec takes and the rules allow, whatever the bytes', () => {
  const damage = fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 3 });
  fc.assert(
    fc.property(
      call,
      fc.integer({ min: 1, max: 4 }),
      damage,
      fc.nat(4),
      fc.boolean(),
      (value, schema, changes, cut, isLonger) => {
        const bytes = Buffer.concat([write(schema, value), Buffer.from(isLonger ? [0] : [])]);
        for (const [at, byte] of changes) if (at > 4 && at < bytes.length) bytes[at] = byte;
        const cutBytes = bytes.subarray(0, bytes.length - cut);
        const read = readAll(cutBytes);
        const decoded = codec.decode(calls, cutBytes);
        if (decoded instanceof Undecodable) {
          assert.equal(read.refused?.reason, decoded.reason);
          return;
        }
        const refusal = refuseCall(decoded, NOW, limits);
        assert.deepEqual(read.refused, refusal);
        if (refusal !== null) return;
        const again = readAll(write(1, decoded));
        assert.deepEqual(read, again, 'the same as the call that was decoded');
        assert.equal(read.texts?.id, decoded.callId);
        assert.deepEqual(
          read.parts?.reduce((sum, { quantity }) => sum + quantity, 0),
          decoded.endedAt - decoded.startedAt,
        );
      },
    ),
    { numRuns: numRuns * 4 },
  );
});

test('identity is source and id, key is the rest of the texts, content is key and times', () => {
  const good: Call = {
    callId: '1',
    tenant: 't',
    product: 'p',
    cluster: 'c',
    namespace: 'n',
    startedAt: NOW,
    endedAt: NOW + 1,
    source: 's',
  };
  const base = readAll(write(1, good));
  const differs = (change: Partial<Call>): string => {
    const { identity, key, content } = readAll(write(1, { ...good, ...change }));
    const names = { identity, key, content };
    return Object.entries(names)
      .filter(([name, hash]) => String(hash) !== String(base[name as 'identity' | 'key' | 'content']))
      .map(([name]) => name)
      .join();
  };
  assert.equal(differs({}), '');
  for (const change of [{ callId: '2' }, { source: 'z' }, { callId: 's', source: '1' }])
    assert.equal(differs(change), 'identity');
  for (const field of ['tenant', 'product', 'cluster', 'namespace'] as const)
    assert.equal(differs({ [field]: 'x' }), 'key,content');
  assert.equal(differs({ tenant: 'tp', product: '' }), 'key,content');
  for (const change of [{ startedAt: NOW - 1 }, { endedAt: NOW + 2 }, { startedAt: NOW + 1, endedAt: NOW + 2 }]) {
    assert.equal(differs(change), 'content');
  }
});

function write(schema: number, value: Call): Buffer {
  const type = types[schema - 1];
  const header = Buffer.from([0, 0, 0, 0, schema]);
  return Buffer.concat([header, type?.toBuffer({ ...value, codec: '' }) ?? Buffer.alloc(0)]);
}

/** All that a reader says of the bytes. */
interface Reading {
  readonly refused: Refused | null;
  readonly identity?: readonly number[];
  readonly key?: readonly number[];
  readonly content?: readonly number[];
  readonly rest?: object;
  readonly parts?: readonly LinePart[];
  readonly texts?: LineTexts;
}

function readAll(value: Buffer): Reading {
  const reader = new CallReader(codec, limits);
  const record = { topic: calls.name, partition: 0, offset: 0, timestampMs: NOW, key: null, value, headers: [] };
  const refused = reader.read(record) ?? reader.check();
  if (refused !== null) return { refused: { reason: refused.reason, detail: refused.detail } };
  const { identity, key, content, firstDay, lastDay, eventTime, quantity } = reader;
  const hashes = { identity: [...identity], key: [...key], content: [...content] };
  const rest = { firstDay, lastDay, eventTime, quantity };
  return { refused, ...hashes, rest, parts: reader.parts(), texts: reader.texts() };
}
