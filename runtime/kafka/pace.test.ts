import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace } from './pace.ts';

test('whoever takes more than a second allows pauses, and idle time is not made up for', () => {
  let nowMs = 0;
  const pace = new Pace(1000, () => nowMs);
  assert.equal(pace.take(500), 500);
  nowMs = 500;
  assert.equal(pace.take(2000), 2000);
  nowMs = 1500;
  assert.equal(pace.take(100), 1100);
  nowMs = 60_000;
  assert.equal(pace.take(1000), 1000);
});
