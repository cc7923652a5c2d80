import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace } from './pace.ts';

const limits = { openDayIntervalMs: 1000, openDayLinesPerSecond: 5000 };

test('computes a day at once after a quiet time', () => {
  const pace = new Pace(limits);
  assert.ok(pace.isDue(0));
  pace.computed(10_000, 1, 1);
  assert.ok(pace.isDue(20_000));
});

test('waits for the interval after a quick computation of few lines', () => {
  const pace = new Pace(limits);
  pace.computed(10_000, 1, 1);
  assert.deepEqual([pace.isDue(10_999), pace.isDue(11_000)], [false, true]);
});

test('spends at most a quarter of the time on a day', () => {
  const pace = new Pace(limits);
  pace.computed(10_000, 800, 1);
  assert.deepEqual([pace.isDue(12_399), pace.isDue(12_400)], [false, true]);
});

test('writes at most the lines per second allowed, on average', () => {
  const pace = new Pace(limits);
  pace.computed(10_000, 1, 20_000);
  assert.deepEqual([pace.isDue(13_999), pace.isDue(14_000)], [false, true]);
});

test('does not wait for a clock that was set back', () => {
  const pace = new Pace(limits);
  pace.computed(10_000, 1, 1);
  assert.ok(pace.isDue(9_999));
});
