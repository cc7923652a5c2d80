import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UsageSample } from '../schemas/usage-sample.ts';
import { MAX_SAMPLE_WINDOW_MS, refuseSample } from './refuse-sample.ts';

const NOW = Date.parse('2026-05-09T12:00:00Z');

const good: UsageSample = {
  source: 'kong',
  sampleId: '1',
  meter: 'request',
  tenant: '',
  product: '',
  cluster: '',
  namespace: '',
  owner: '',
  windowStart: NOW - 60_000,
  windowEnd: NOW,
  quantity: 3,
};

const reasonOf = (change: Partial<UsageSample>): string | null =>
  refuseSample({ ...good, ...change }, NOW)?.reason ?? null;

test('a sample needs a source, an id and a meter, and nothing else', () => {
  assert.equal(reasonOf({}), null);
  assert.equal(reasonOf({ source: '' }), 'empty_id');
  assert.equal(reasonOf({ sampleId: '' }), 'empty_id');
  assert.equal(reasonOf({ meter: '' }), 'empty_id');
});

test('a window may have no length, and at most a month', () => {
  assert.equal(reasonOf({ windowEnd: good.windowStart }), null);
  assert.equal(reasonOf({ windowEnd: good.windowStart - 1 }), 'ended_before_started');
  assert.equal(reasonOf({ windowEnd: good.windowStart + MAX_SAMPLE_WINDOW_MS }), null);
  assert.equal(reasonOf({ windowEnd: good.windowStart + MAX_SAMPLE_WINDOW_MS + 1 }), 'too_long');
  assert.equal(reasonOf({ windowStart: NOW + 300_000, windowEnd: NOW + 300_000 }), null);
  assert.equal(reasonOf({ windowStart: NOW + 300_001, windowEnd: NOW + 300_001 }), 'in_future');
});

test('a quantity is an integer of 0 to 2^52', () => {
  for (const quantity of [0, 1, 2 ** 52]) assert.equal(reasonOf({ quantity }), null);
  for (const quantity of [-1, 0.5, 2 ** 52 + 1, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.equal(reasonOf({ quantity }), 'invalid');
  }
});

test('the meters of refused lines are reserved, those of calls are open to platforms that report sums', () => {
  for (const meter of ['late', 'duplicate', 'conflicting']) assert.equal(reasonOf({ meter }), 'invalid');
  for (const meter of ['call_duration', 'call_count']) assert.equal(reasonOf({ meter }), null);
});

test('texts and instants that cannot be stored are invalid', () => {
  const texts = ['source', 'sampleId', 'meter', 'tenant', 'product', 'cluster', 'namespace', 'owner'] as const;
  for (const field of texts) {
    assert.equal(reasonOf({ [field]: '\0' }), 'invalid', field);
    assert.equal(reasonOf({ [field]: 'x'.repeat(257) }), 'invalid', field);
  }
  assert.equal(reasonOf({ windowStart: Number.NaN }), 'invalid');
  assert.equal(reasonOf({ windowEnd: 1e16 }), 'invalid');
});

test('of several reasons the first in order is given', () => {
  assert.equal(reasonOf({ quantity: -1, source: '' }), 'invalid');
  assert.equal(reasonOf({ source: '', windowEnd: good.windowStart - 1 }), 'empty_id');
  assert.equal(reasonOf({ windowStart: NOW + 400_000, windowEnd: NOW }), 'ended_before_started');
  assert.equal(reasonOf({ windowStart: NOW + 400_000, windowEnd: NOW + 2 * MAX_SAMPLE_WINDOW_MS }), 'too_long');
});
