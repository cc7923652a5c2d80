import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseUtc } from './parse-utc.ts';

test('UTC is read in the forms that exports write', () => {
  const evening = Date.UTC(2024, 8, 18, 22, 30);
  for (const text of [
    ...['2024-09-18T22:30:00Z', '2024-09-18T22:30Z', '2024-09-18 22:30:00', '2024-09-18 22:30:00.000'],
    ...['2024-09-18 22:30:00 UTC', '2024-09-18T22:30:00+00:00', '2024-09-18T22:30:00.000000Z'],
  ]) {
    assert.equal(parseUtc(text), evening, text);
  }
  assert.equal(parseUtc('2024-09-18'), Date.UTC(2024, 8, 18));
});

test('other time zones and days that do not exist are not read', () => {
  for (const text of ['', '2024-09-18T22:30:00+02:00', '2024-02-30', '2024-09-18T25:00Z', '18.09.2024', '45553']) {
    assert.equal(parseUtc(text), null, text);
  }
});
