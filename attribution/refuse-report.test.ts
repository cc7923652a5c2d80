import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CostLine, CostReport } from '../schemas/cost-report.ts';
import { parseDay } from '../schemas/day.ts';
import type { Amount } from '../schemas/scalars.ts';
import { costReports } from '../schemas/topics.ts';
import { MAX_LINE_AMOUNT, refuseReport, refuseReportKey } from './refuse-report.ts';

const line: CostLine = {
  service: '',
  cluster: '',
  namespace: '',
  region: '',
  resource: '',
  subAccount: '',
  category: 'Usage',
  billed: 0n as Amount,
  effective: 0n as Amount,
  tags: {},
};

const day = parseDay('2026-05-09');
assert.ok(day !== null);
const good: CostReport = {
  source: 'aws',
  account: '1',
  day,
  currency: 'USD',
  observedAt: 0,
  status: 'final',
  lines: [line],
};

const reasonOf = (change: Partial<CostReport>): string | null => refuseReport({ ...good, ...change })?.reason ?? null;
const reasonOfLine = (change: Partial<CostLine>): string | null => reasonOf({ lines: [line, { ...line, ...change }] });

test('a report stands under its own key alone', () => {
  assert.equal(refuseReportKey(good, Buffer.from(costReports.key(good))), null);
  assert.equal(refuseReportKey(good, Buffer.from(costReports.key({ ...good, account: '2' })))?.reason, 'wrong_key');
  assert.equal(refuseReportKey(good, null)?.reason, 'wrong_key');
});

test('a report needs a source, an account and a currency', () => {
  assert.equal(reasonOf({}), null);
  assert.equal(reasonOf({ lines: [] }), null);
  assert.equal(reasonOf({ source: '' }), 'empty_id');
  assert.equal(reasonOf({ account: '' }), 'empty_id');
  for (const currency of ['', 'usd', 'US', 'USDX', 'U D']) assert.equal(reasonOf({ currency }), 'invalid', currency);
});

test('no line makes sums that cannot be stored', () => {
  for (const field of ['billed', 'effective'] as const) {
    assert.equal(reasonOfLine({ [field]: MAX_LINE_AMOUNT as Amount }), null);
    assert.equal(reasonOfLine({ [field]: -MAX_LINE_AMOUNT as Amount }), null);
    assert.equal(reasonOfLine({ [field]: (MAX_LINE_AMOUNT + 1n) as Amount }), 'invalid');
    assert.equal(reasonOfLine({ [field]: (-MAX_LINE_AMOUNT - 1n) as Amount }), 'invalid');
  }
});

test('texts that Postgres cannot store or index are invalid; resource and tags may be long', () => {
  for (const field of ['service', 'cluster', 'namespace', 'region', 'subAccount', 'category'] as const) {
    assert.equal(reasonOfLine({ [field]: '\0' }), 'invalid', field);
    assert.equal(reasonOfLine({ [field]: 'x'.repeat(257) }), 'invalid', field);
  }
  for (const field of ['source', 'account'] as const) {
    assert.equal(reasonOf({ [field]: '\0' }), 'invalid', field);
    assert.equal(reasonOf({ [field]: 'x'.repeat(257) }), 'invalid', field);
  }
  assert.equal(reasonOfLine({ resource: '\0' }), 'invalid');
  assert.equal(reasonOfLine({ resource: 'x'.repeat(5000), tags: { team: 'y'.repeat(5000) } }), null);
  assert.equal(reasonOfLine({ tags: { team: '\0' } }), 'invalid');
  assert.equal(reasonOfLine({ tags: { 'a\0b': '' } }), 'invalid');
  assert.equal(reasonOfLine({ tags: JSON.parse('{"__proto__":"x"}') }), 'invalid');
});

test('the fault names the line', () => {
  assert.equal(
    refuseReport({ ...good, lines: [line, { ...line, region: '\0' }] })?.detail,
    'lines[1].region contains the character U+0000.',
  );
});

test('an instant that no calendar has is invalid', () => {
  assert.equal(reasonOf({ observedAt: Number.NaN }), 'invalid');
});
