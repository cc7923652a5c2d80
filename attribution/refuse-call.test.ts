import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Call } from '../schemas/call.ts';
import { refuseCall } from './refuse-call.ts';

const { PROPERTY_RUNS = '500' } = process.env;
const NOW = Date.parse('2026-05-09T12:00:00Z');
const HOUR_MS = 3_600_000;
const limits = { maxCallMs: 24 * HOUR_MS };

const good: Call = {
  source: 'pbx',
  callId: '1',
  tenant: 'acme',
  product: '',
  cluster: '',
  namespace: '',
  startedAt: NOW - HOUR_MS,
  endedAt: NOW,
};

const reasonOf = (change: Partial<Call>): string | null =>
  refuseCall({ ...good, ...change }, NOW, limits)?.reason ?? null;

test('a call is taken up to each of its limits and refused beyond', () => {
  assert.equal(reasonOf({}), null);
  assert.equal(reasonOf({ endedAt: good.startedAt }), null);
  assert.equal(reasonOf({ endedAt: good.startedAt - 1 }), 'ended_before_started');
  assert.equal(reasonOf({ endedAt: good.startedAt + 24 * HOUR_MS }), null);
  assert.equal(reasonOf({ endedAt: good.startedAt + 24 * HOUR_MS + 1 }), 'too_long');
  assert.equal(reasonOf({ startedAt: NOW + 300_000, endedAt: NOW + 300_000 }), null);
  assert.equal(reasonOf({ startedAt: NOW + 300_001, endedAt: NOW + 300_001 }), 'in_future');
});

test('empty ids and the empty tenant are refused, empty descriptors are not', () => {
  assert.equal(reasonOf({ source: '' }), 'empty_id');
  assert.equal(reasonOf({ callId: '' }), 'empty_id');
  assert.equal(reasonOf({ tenant: '' }), 'empty_tenant');
  assert.equal(reasonOf({ product: '', cluster: '', namespace: '' }), null);
});

test('texts that Postgres cannot store or index are invalid', () => {
  for (const field of ['source', 'callId', 'tenant', 'product', 'cluster', 'namespace'] as const) {
    assert.equal(reasonOf({ [field]: 'a\0b' }), 'invalid', field);
    assert.equal(reasonOf({ [field]: 'x'.repeat(256) }), null, field);
    assert.equal(reasonOf({ [field]: 'x'.repeat(257) }), 'invalid', field);
    assert.equal(reasonOf({ [field]: 'ä'.repeat(128) }), null, field);
    assert.equal(reasonOf({ [field]: 'ä'.repeat(129) }), 'invalid', field);
  }
});

test('instants outside the calendar are invalid', () => {
  for (const instant of [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    0.5,
    Date.parse('9999-12-31T23:59:59.999Z') + 1,
    -1e15,
  ]) {
    assert.equal(reasonOf({ startedAt: instant }), 'invalid');
    assert.equal(reasonOf({ endedAt: instant }), 'invalid');
  }
  assert.equal(reasonOf({ startedAt: -1, endedAt: 0 }), null);
});

test('of several reasons the first in order is given', () => {
  const inOrder: [string, Partial<Call>][] = [
    ['invalid', { product: '\0' }],
    ['empty_id', { callId: '' }],
    ['empty_tenant', { tenant: '' }],
    ['ended_before_started', { startedAt: NOW + HOUR_MS, endedAt: NOW }],
    ['too_long', { startedAt: NOW + HOUR_MS, endedAt: NOW + 26 * HOUR_MS }],
    ['in_future', { startedAt: NOW + HOUR_MS, endedAt: NOW + 2 * HOUR_MS }],
  ];
  for (let first = 0; first < inOrder.length; first++) {
    // Later changes are applied first, so that the earlier reason's own fields stand.
    const change = Object.assign(
      {},
      ...inOrder
        .slice(first)
        .reverse()
        .map(([, fields]) => fields),
    );
    assert.equal(reasonOf(change), inOrder[first]?.[0]);
  }
});

test('a refusal names the fault, and never throws, whatever the fields hold', () => {
  const instant = fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger());
  fc.assert(
    fc.property(fc.string(), fc.string(), instant, instant, (callId, tenant, startedAt, endedAt) => {
      const refusal = refuseCall({ ...good, callId, tenant, startedAt, endedAt }, NOW, limits);
      if (refusal === null) assert.ok(endedAt >= startedAt && startedAt <= NOW + 300_000 && callId !== '');
      else assert.ok(refusal.detail.endsWith('.'));
    }),
    { numRuns: Number(PROPERTY_RUNS) },
  );
});
