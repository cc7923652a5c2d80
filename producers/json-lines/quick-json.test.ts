import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'lossless-json';
import { quickJson } from './quick-json.ts';

const { PROPERTY_RUNS = '500' } = process.env;

test('it gives what the exact parser gives, or nothing', () => {
  let quick = 0;
  const text = fc.oneof(
    fc.json(),
    fc.jsonValue().map((value) => JSON.stringify([value, { a: 'b', c: [true, null] }])),
    fc
      .array(fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"b"', '1', 'null', ' ', '\\'))
      .map((all) => all.join('')),
  );
  fc.assert(
    fc.property(text, (json) => {
      const value = quickJson(json);
      if (value === undefined) return;
      quick++;
      assert.deepEqual(value, parse(json));
    }),
    { numRuns: Number(PROPERTY_RUNS) },
  );
  assert.ok(quick > 0, 'nothing was read quickly');
});

test('what two parsers could read in two ways it does not read', () => {
  const texts = [
    '{"a":"1","a":"2"}',
    '{"a":{"b":""},"a":{"b":"1"}}',
    '[{"a":[],"a":null}]',
    '1',
    '[1e400]',
    '{"a":0.10}',
  ];
  for (const text of [...texts, '"\\ud800"', '{"__proto__":"a","__proto__":"b"}', '['.repeat(100_000)]) {
    assert.equal(quickJson(text), undefined, text.slice(0, 40));
  }
});

test('a usual batch is read quickly, whatever names its fields have', () => {
  const text = '[{"source":"a","__proto__":"b"},{},"é","",true,[null]]';
  assert.deepEqual(quickJson(text), JSON.parse(text));
});
