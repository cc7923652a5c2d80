import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseCallLine } from './call-line.ts';
import { LineFault } from './line-fault.ts';

const { PROPERTY_RUNS = '500' } = process.env;
const NOW = Date.parse('2026-05-09T12:00:00Z');
const limits = { maxCallMs: 86_400_000 };

const good = {
  source: 'pbx',
  callId: '7',
  tenant: 'acme',
  product: 'asr',
  cluster: 'eu',
  namespace: 'asr-shared',
  startedAt: '2026-05-09T07:30:00.1239Z',
  endedAt: '2026-05-09T07:31:00Z',
};

const read = (line: string) => parseCallLine(line, NOW, limits);
const reasonOf = (line: string): string | null => {
  const call = read(line);
  return call instanceof LineFault ? call.reason : null;
};

test('a whole line is a call, field by field', () => {
  assert.deepEqual(read(JSON.stringify(good)), {
    ...good,
    startedAt: Date.parse('2026-05-09T07:30:00.123Z'),
    endedAt: Date.parse('2026-05-09T07:31:00Z'),
  });
});

test('what may be absent is the empty text', () => {
  const { product, cluster, namespace, ...least } = good;
  const call = read(JSON.stringify(least));
  assert.ok(!(call instanceof LineFault));
  assert.deepEqual([call.product, call.cluster, call.namespace], ['', '', '']);
});

test('a line of the wrong shape is invalid and says all that is wrong with it', () => {
  const fault = read(JSON.stringify({ ...good, tenant: null, startedAt: 'today', tenat: 'acme' }));
  assert.deepEqual(
    fault,
    new LineFault(
      'invalid',
      'tenant: expected a text, found null; startedAt: expected an instant such as 2026-05-09T07:30:00.000Z, ' +
        'found "today"; unknown field "tenat".',
    ),
  );
});

test('what is not one JSON object is invalid', () => {
  const lines = ['', 'x', '5', 'null', '[]', '"a"', '{', '{} {}', `${JSON.stringify(good)},`, '['.repeat(200_000)];
  for (const line of lines) assert.equal(reasonOf(line), 'invalid', line.slice(0, 20));
});

test('a field that stands twice with different values is invalid, as either could be meant', () => {
  const line = JSON.stringify(good);
  assert.equal(reasonOf(line.replace('{', '{"tenant":"globex",')), 'invalid');
  assert.equal(reasonOf(line.replace('{', '{"__proto__":{"tenant":"globex"},')), 'invalid');
});

test('the rules of allocation.md section 8 follow the shape', () => {
  const reasonWith = (change: object): string | null => reasonOf(JSON.stringify({ ...good, ...change }));
  assert.equal(reasonWith({ callId: '' }), 'empty_id');
  assert.equal(reasonWith({ tenant: '' }), 'empty_tenant');
  assert.equal(reasonWith({ endedAt: '2026-05-09T07:00:00Z' }), 'ended_before_started');
  assert.equal(reasonWith({ startedAt: '2026-05-08T07:00:00Z' }), 'too_long');
  assert.equal(reasonWith({ startedAt: '2026-05-09T12:05:00.0009Z', endedAt: '2026-05-09T12:06:00Z' }), null);
  assert.equal(reasonWith({ startedAt: '2026-05-09T12:05:00.001Z', endedAt: '2026-05-09T12:06:00Z' }), 'in_future');
});

test('whatever stands in a field, a line is a call or a fault, never an exception', () => {
  const field = fc.constantFrom(...Object.keys(good), 'other', '__proto__', 'constructor');
  fc.assert(
    fc.property(field, fc.jsonValue(), (name, value) => {
      const line = JSON.stringify({ ...good, [name]: undefined }).replace(/}$/, `,"${name}":${JSON.stringify(value)}}`);
      const call = read(line);
      if (call instanceof LineFault) assert.match(call.detail, /\.$/);
      else assert.ok(typeof value === 'string');
    }),
    { numRuns: Number(PROPERTY_RUNS) },
  );
});

test('half of a surrogate pair is refused, since it would come back as another text', () => {
  assert.equal(reasonOf(JSON.stringify(good).replace('acme', '\\ud800')), 'invalid');
  assert.equal(reasonOf(JSON.stringify(good).replace('acme', '\\ud83d\\ude00')), null);
});
