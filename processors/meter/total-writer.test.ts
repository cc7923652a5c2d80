import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLocalCodec } from '../../runtime/kafka/codec.ts';
import type { Codec } from '../../runtime/task.ts';
import type { Day } from '../../schemas/scalars.ts';
import { usageTotals } from '../../schemas/topics.ts';
import { MAX_SAMPLE_QUANTITY } from '../../schemas/usage-sample.ts';
import { DayTotals } from './day-totals.ts';
import { newHash } from './hash.ts';
import { TotalWriter } from './total-writer.ts';

const { PROPERTY_RUNS = '500' } = process.env;
const codec = createLocalCodec();
const texts = {
  source: 's',
  id: '1',
  meter: 'm',
  tenant: 't',
  product: '',
  cluster: 'c"\\',
  namespace: 'ß',
  isCall: true,
};

test('what it writes by hand the codec reads back, for every day and any sums', () => {
  const quantity = fc.oneof(
    fc.nat(300),
    fc.integer({ min: 0, max: MAX_SAMPLE_QUANTITY }),
    fc.constant(MAX_SAMPLE_QUANTITY),
  );
  const offset = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 2 ** 52 }));
  const line = fc.record({ quantity, count: fc.nat(1), offset });
  const day = fc.oneof(fc.integer({ min: -719_528, max: 2_932_896 }), fc.constantFrom(0, -1, 63, 64, 8191, 8192));
  fc.assert(
    fc.property(
      day,
      fc.boolean(),
      fc.array(line, { minLength: 1, maxLength: 40 }),
      fc.nat(200),
      (day, isCall, lines, repeats) => {
        const writer = new TotalWriter(codec, 'calls.v1', 3);
        const totals = new DayTotals(day as Day);
        const row = totals.addRow(newHash(), writer.encodeTexts({ ...texts, isCall }));
        for (const { quantity, count, offset } of lines) totals.add(row, quantity, count, offset);
        const through = lines.at(-1)?.offset ?? 0;
        for (let i = 0; i < repeats; i++) totals.addDuplicate(row, through);
        for (let i = 0; i < repeats / 2; i++) totals.addConflict(row, through);
        totals.change(row);
        const [record, ...others] = writer.write([totals]);
        assert.ok(record !== undefined && others.length === 0);
        const { source: _, id: __, isCall: ___, ...key } = texts;
        const expected = {
          day,
          ...key,
          ...{ topic: 'calls.v1', partition: 3, identity: '', refusedMeter: '' },
          quantity: lines.reduce((sum, { quantity }) => sum + BigInt(quantity), 0n),
          callCount: isCall ? lines.reduce((sum, { count }) => sum + count, 0) : null,
          ...{ duplicates: repeats, conflicting: Math.ceil(repeats / 2), late: 0, through },
        };
        assert.deepEqual({ ...codec.decode(usageTotals, record.value) }, expected);
        assert.equal(String(record.key), usageTotals.key({ ...expected, day: day as Day }));
        assert.equal(record.route, day);
        assert.deepEqual(record.value, codec.encode(usageTotals, { ...expected, day: day as Day }), 'byte for byte');
      },
    ),
    { numRuns: Number(PROPERTY_RUNS) },
  );
});

test('writes each changed total once, whatever its day, and then no more', () => {
  const writer = new TotalWriter(codec, 'calls.v1', 0);
  const days = [20_000, 20_001].map((day) => new DayTotals(day as Day));
  for (const totals of days) {
    for (let key = 0; key < 100; key++) {
      const row = totals.addRow(Int32Array.of(key, 0, 0, 0), writer.encodeTexts({ ...texts, tenant: `t${key}` }));
      totals.add(row, key, 1, key);
      assert.equal(totals.find(Int32Array.of(key, 0, 0, 0)), row);
      if (key % 3 === 0) assert.equal(totals.change(row), key === 0);
      assert.ok(key % 3 !== 0 || !totals.change(row), 'it is changed already');
    }
  }
  const keys = writer.write(days).map(({ key }) => String(key));
  assert.equal(keys.length, 68);
  assert.equal(new Set(keys).size, 68);
  assert.deepEqual(writer.write(days), []);
});

test('refuses to write by hand when the schema has changed', () => {
  const other: Codec = {
    ...codec,
    encode: (topic, value) => Buffer.concat([codec.encode(topic, value), Buffer.from([0])]),
  };
  assert.throws(() => new TotalWriter(other, 'calls.v1', 0), /key or schema has changed/);
});
