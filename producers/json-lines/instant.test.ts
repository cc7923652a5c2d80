import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseInstant } from './instant.ts';

const { PROPERTY_RUNS = '500' } = process.env;

test('an instant is ISO 8601 with Z, finer than milliseconds cut off', () => {
  assert.equal(parseInstant('1970-01-01T00:00:00Z'), 0);
  assert.equal(parseInstant('1970-01-01T00:00:00.1Z'), 100);
  assert.equal(parseInstant('1970-01-01T00:00:00.0019999Z'), 1);
  assert.equal(parseInstant('2024-02-29T23:59:59.999Z'), Date.UTC(2024, 1, 29, 23, 59, 59, 999));
});

test('everything else is no instant', () => {
  const texts = [
    ...['', '0', '2026-05-09', '2026-05-09T07:30Z', '2026-05-09T07:30:00', '2026-05-09T07:30:00+00:00'],
    ...['2026-05-09 07:30:00Z', '2026-05-09t07:30:00z', '2026-05-09T07:30:00,5Z', '2026-05-09T07:30:00.Z'],
    ...['2026-02-29T00:00:00Z', '2026-13-01T00:00:00Z', '2026-05-09T24:00:00Z', '2026-05-09T07:60:00Z'],
    ...['2026-05-09T07:30:60Z', ' 2026-05-09T07:30:00Z', '+02026-05-09T07:30:00Z', '2026-05-09T07:30:00Z\n'],
  ];
  for (const text of texts) assert.equal(parseInstant(text), null, text);
});

test('every instant of four-digit years comes back from its own text', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
      assert.equal(parseInstant(date.toISOString()), date.getTime());
    }),
    { numRuns: Number(PROPERTY_RUNS) },
  );
});
