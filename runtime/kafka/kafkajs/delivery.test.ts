import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wholeNumber } from './delivery.ts';

test('offsets and timestamps are read as the numbers that they are', () => {
  for (const number of [0, 7, 10, 4711, 1_778_284_800_000, Number.MAX_SAFE_INTEGER, -1]) {
    assert.equal(wholeNumber(String(number)), number);
  }
  assert.ok(Number.isNaN(wholeNumber('x')));
});
