import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineFault } from './line-fault.ts';
import { parseUsageLine } from './usage-line.ts';

const { PROPERTY_RUNS = '500' } = process.env;
const NOW = Date.parse('2026-05-09T12:00:00Z');

const least =
  '{"source":"kong","sampleId":"1","meter":"request",' +
  '"windowStart":"2026-05-09T07:30:00Z","windowEnd":"2026-05-09T07:31:00Z","quantity":12}';

const reasonOf = (line: string): string | null => {
  const sample = parseUsageLine(line, NOW);
  return sample instanceof LineFault ? sample.reason : null;
};
const withQuantity = (json: string): string => least.replace('12}', `${json}}`);

test('the least line is a sample without tenant and place', () => {
  assert.deepEqual(parseUsageLine(least, NOW), {
    source: 'kong',
    sampleId: '1',
    meter: 'request',
    tenant: '',
    product: '',
    cluster: '',
    namespace: '',
    owner: '',
    windowStart: Date.parse('2026-05-09T07:30:00Z'),
    windowEnd: Date.parse('2026-05-09T07:31:00Z'),
    quantity: 12,
  });
});

test('a quantity is a JSON integer of 0 to 2^52, exactly', () => {
  for (const json of ['0', '1', '4503599627370496']) assert.equal(reasonOf(withQuantity(json)), null, json);
  const wrong = [
    '-1',
    '-0',
    '1.0',
    '1e3',
    '"1"',
    'null',
    '4503599627370497',
    '4503599627370496.4',
    '99999999999999999999',
  ];
  for (const json of wrong) assert.equal(reasonOf(withQuantity(json)), 'invalid', json);
});

test('the meters of refused lines and an empty meter are refused', () => {
  assert.equal(reasonOf(least.replace('request', 'late')), 'invalid');
  assert.equal(reasonOf(least.replace('request', '')), 'empty_id');
});

test('unknown, missing and null fields are invalid', () => {
  assert.equal(reasonOf(least.replace('{', '{"unit":"s",')), 'invalid');
  assert.equal(reasonOf(least.replace('"sampleId":"1",', '')), 'invalid');
  assert.equal(reasonOf(least.replace('{', '{"tenant":null,')), 'invalid');
});

test('whatever stands for the quantity, a line is a sample of that quantity or a fault', () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.integer(), fc.double()), (value) => {
      const json = JSON.stringify(value);
      const sample = parseUsageLine(withQuantity(json), NOW);
      if (!(sample instanceof LineFault)) assert.equal(String(sample.quantity), json);
    }),
    { numRuns: Number(PROPERTY_RUNS) },
  );
});

test('whatever stands in a field, a line is a sample or a fault, never an exception', () => {
  const fields = Object.keys(JSON.parse(least));
  const name = fc.constantFrom(...fields, 'tenant', 'product', 'cluster', 'namespace', 'owner', '__proto__', 'other');
  fc.assert(
    fc.property(name, fc.jsonValue(), (field, value) => {
      const line = JSON.stringify({ ...JSON.parse(least), [field]: undefined });
      const sample = parseUsageLine(line.replace(/}$/, `,"${field}":${JSON.stringify(value)}}`), NOW);
      if (sample instanceof LineFault) assert.match(sample.detail, /\.$/);
      else assert.ok(typeof value === 'string' || field === 'quantity');
    }),
    { numRuns: Number(PROPERTY_RUNS) },
  );
});
