import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arrivals } from './arrivals.ts';

test('a call has arrived once the sum of its place includes all of it', () => {
  const arrivals = new Arrivals();
  arrivals.sent('a', 10, 500);
  arrivals.sent('a', 20, 300);
  arrivals.sent('b', 30, 300);
  arrivals.seen('a', 499, 100);
  assert.deepEqual([arrivals.latenciesMs, arrivals.awaited], [[], 3]);
  arrivals.seen('a', 799, 200);
  assert.deepEqual([arrivals.latenciesMs, arrivals.awaited], [[190], 2]);
  arrivals.seen('a', 800, 300);
  arrivals.seen('a', 800, 400);
  assert.deepEqual([arrivals.latenciesMs, arrivals.awaited], [[190, 280], 1]);
});

test('calls to warm up are awaited, but not counted', () => {
  const arrivals = new Arrivals();
  arrivals.sent('a', Number.NaN, 500);
  arrivals.sent('a', 20, 300);
  arrivals.seen('a', 800, 120);
  assert.deepEqual([arrivals.latenciesMs, arrivals.awaited], [[100], 0]);
});

test('more than anybody has sent is refused', () => {
  const arrivals = new Arrivals();
  arrivals.sent('a', 10, 500);
  assert.throws(() => arrivals.seen('a', 501, 100), /a has 501 ms, more than was sent/);
  assert.throws(() => arrivals.seen('b', 1, 100), /b has 1 ms/);
});
