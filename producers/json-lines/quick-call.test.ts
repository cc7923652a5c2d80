import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { callShape } from './call-line.ts';
import { parseJsonText, readShape } from './parse-json.ts';
import { quickCall } from './quick-call.ts';

const { PROPERTY_RUNS = '500' } = process.env;

const good = {
  source: 'pbx',
  callId: '7',
  tenant: 'acme',
  startedAt: '2026-05-09T07:30:00.1239Z',
  endedAt: '2026-05-09T07:31:00Z',
};

test('it reads what the shape reads, and nothing that the shape refuses', () => {
  const names = [...Object.keys(good), 'product', 'cluster', 'namespace', 'other', '__proto__', 'constructor'];
  const value = fc.oneof(
    fc.constantFrom('', 'acme', '2026-05-09T07:30:00Z', '2026-02-30T07:30:00Z', '\ud800', null, 5, {}, []),
    fc.jsonValue(),
  );
  const left = fc.subarray(Object.keys(good), { minLength: Object.keys(good).length - 1 });
  fc.assert(
    fc.property(left, fc.dictionary(fc.constantFrom(...names), value), (kept, changes) => {
      const fields = Object.fromEntries(
        Object.entries({ ...good, ...changes }).filter(([name]) => kept.includes(name) || name in changes),
      );
      const json = parseJsonText(JSON.stringify(fields));
      const call = quickCall(json);
      if (call !== null) assert.deepEqual(call, readShape(json, callShape));
    }),
    { numRuns: Number(PROPERTY_RUNS) },
  );
});

test('a good call is read here, with and without what may be absent', () => {
  for (const more of [{}, { product: 'asr' }, { product: '', cluster: 'eu', namespace: 'é' }]) {
    const json = parseJsonText(JSON.stringify({ ...good, ...more }));
    const call = quickCall(json);
    assert.ok(call !== null);
    assert.deepEqual(call, readShape(json, callShape));
  }
});

test('what is no call is left to the shape', () => {
  for (const json of [
    null,
    [],
    'text',
    5,
    { ...good, more: '' },
    { ...good, tenant: null },
    { ...good, product: null },
  ]) {
    assert.equal(quickCall(json), null);
  }
});
