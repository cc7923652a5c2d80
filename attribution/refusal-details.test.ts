/** Whoever reads a dead letter must see which field is wrong, and how: every refusal says so. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Call } from '../schemas/call.ts';
import type { CostLine, CostReport } from '../schemas/cost-report.ts';
import type { Amount } from '../schemas/scalars.ts';
import { MAX_SAMPLE_QUANTITY, type UsageSample } from '../schemas/usage-sample.ts';
import { describeInstant, faultOfInstant, faultOfText } from './refusal.ts';
import { refuseCall } from './refuse-call.ts';
import { MAX_LINE_AMOUNT, refuseReport } from './refuse-report.ts';
import { refuseSample } from './refuse-sample.ts';
import { line, report } from './testing/build.ts';

const HOUR_MS = 3_600_000;
const now = Date.parse('2026-11-20T12:00:00Z');
const long = 'x'.repeat(257);
const tooLong = 'is longer than 256 bytes of UTF-8.';
const noInstant = 'is not an instant of the years 0000 to 9999.';

const call: Call = {
  callId: 'c',
  tenant: 't',
  product: 'p',
  cluster: 'k',
  namespace: 'n',
  startedAt: now - HOUR_MS,
  endedAt: now,
  source: 's',
};
const sample: UsageSample = {
  source: 's',
  sampleId: 'i',
  meter: 'm',
  tenant: 't',
  product: 'p',
  cluster: 'c',
  namespace: 'n',
  owner: 'o',
  windowStart: now - HOUR_MS,
  windowEnd: now,
  quantity: 1,
};

describe('texts and instants', () => {
  it('a text may have 256 bytes of UTF-8, whatever its characters take, and no NUL', () => {
    assert.equal(faultOfText('x', 'a'.repeat(256)), null);
    assert.equal(faultOfText('x', 'é'.repeat(128)), null);
    assert.equal(faultOfText('x', '€'.repeat(85)), null);
    assert.equal(faultOfText('x', 'a'.repeat(257)), `x ${tooLong}`);
    assert.equal(faultOfText('x', 'é'.repeat(129)), `x ${tooLong}`);
    assert.equal(faultOfText('x', '€'.repeat(86)), `x ${tooLong}`);
    assert.equal(faultOfText('x', 'a\0'), 'x contains the character U+0000.');
  });

  it('an instant is a whole millisecond of the years 0000 to 9999, the first and the last included', () => {
    const [first, last] = [Date.parse('0000-01-01T00:00:00.000Z'), Date.parse('9999-12-31T23:59:59.999Z')];
    for (const instant of [first, last, 0]) assert.equal(faultOfInstant('x', instant), null);
    for (const instant of [first - 1, last + 1, 0.5, Number.NaN])
      assert.equal(faultOfInstant('x', instant), `x ${noInstant}`);
    assert.equal(describeInstant(last), '9999-12-31T23:59:59.999Z');
    assert.equal(describeInstant(last + 1), String(last + 1));
    assert.equal(describeInstant(9e15), '9000000000000000');
  });
});

describe('calls', () => {
  const detailOf = (change: Partial<Call>): string | undefined =>
    refuseCall({ ...call, ...change }, now, { maxCallMs: 24 * HOUR_MS })?.detail;

  it('name the text or instant that cannot be kept', () => {
    for (const field of ['source', 'callId', 'tenant', 'product', 'cluster', 'namespace']) {
      assert.equal(detailOf({ [field]: long }), `${field} ${tooLong}`);
    }
    for (const field of ['startedAt', 'endedAt']) assert.equal(detailOf({ [field]: 0.5 }), `${field} ${noInstant}`);
    for (const field of ['source', 'callId', 'tenant']) assert.equal(detailOf({ [field]: '' }), `${field} is empty.`);
    assert.equal(detailOf({}), undefined);
  });

  it('say how the times are wrong', () => {
    assert.equal(
      detailOf({ endedAt: now - 2 * HOUR_MS }),
      'endedAt 2026-11-20T10:00:00.000Z lies before startedAt 2026-11-20T11:00:00.000Z.',
    );
    assert.equal(
      detailOf({ startedAt: now - 25 * HOUR_MS }),
      'The call lasts 90000000 ms, longer than the 86400000 ms that are allowed.',
    );
    assert.equal(
      detailOf({ startedAt: now + HOUR_MS, endedAt: now + HOUR_MS }),
      'startedAt 2026-11-20T13:00:00.000Z is over 5 minutes ahead of 2026-11-20T12:00:00.000Z.',
    );
  });
});

describe('usage samples', () => {
  const detailOf = (change: Partial<UsageSample>): string | undefined =>
    refuseSample({ ...sample, ...change }, now)?.detail;

  it('name the field that cannot be kept', () => {
    for (const field of ['source', 'sampleId', 'meter', 'tenant', 'product', 'cluster', 'namespace', 'owner']) {
      assert.equal(detailOf({ [field]: long }), `${field} ${tooLong}`);
    }
    for (const field of ['windowStart', 'windowEnd']) assert.equal(detailOf({ [field]: 0.5 }), `${field} ${noInstant}`);
    for (const field of ['source', 'sampleId', 'meter']) assert.equal(detailOf({ [field]: '' }), `${field} is empty.`);
    assert.equal(detailOf({ meter: 'late' }), 'meter late is reserved for lines that were refused.');
    assert.equal(detailOf({ quantity: -1 }), `quantity -1 is not an integer of 0 to ${MAX_SAMPLE_QUANTITY}.`);
    assert.equal(detailOf({}), undefined);
  });

  it('say how the window is wrong', () => {
    assert.equal(
      detailOf({ windowEnd: now - 2 * HOUR_MS }),
      'windowEnd 2026-11-20T10:00:00.000Z lies before windowStart 2026-11-20T11:00:00.000Z.',
    );
    assert.equal(detailOf({ windowStart: now - 32 * 24 * HOUR_MS }), 'The window is 2764800000 ms long, over 31 days.');
    assert.equal(
      detailOf({ windowStart: now + HOUR_MS, windowEnd: now + HOUR_MS }),
      'windowStart 2026-11-20T13:00:00.000Z is over 5 minutes ahead of 2026-11-20T12:00:00.000Z.',
    );
  });
});

describe('cost reports', () => {
  const detailOf = (change: Partial<CostReport>): string | undefined =>
    refuseReport({ ...report({}), ...change })?.detail;
  const detailOfLine = (change: Partial<CostLine>): string | undefined =>
    detailOf({ lines: [line({ billed: '1' }), { ...line({ billed: '1' }), ...change }] });

  it('name the field that cannot be kept', () => {
    assert.equal(detailOf({ source: long }), `source ${tooLong}`);
    assert.equal(detailOf({ account: long }), `account ${tooLong}`);
    assert.equal(detailOf({ observedAt: 0.5 }), `observedAt ${noInstant}`);
    assert.equal(detailOf({ source: '' }), 'source is empty.');
    assert.equal(detailOf({ account: '' }), 'account is empty.');
    assert.equal(detailOf({ currency: 'usd' }), 'currency "usd" is not an ISO 4217 code such as USD.');
    assert.equal(
      detailOf({ currency: 'x'.repeat(30) }),
      `currency "${'x'.repeat(20)}" is not an ISO 4217 code such as USD.`,
    );
  });

  it('name the line and its field', () => {
    for (const field of ['service', 'cluster', 'namespace', 'region', 'subAccount', 'category']) {
      assert.equal(detailOfLine({ [field]: long }), `lines[1].${field} ${tooLong}`);
    }
    const beyond = (MAX_LINE_AMOUNT + 1n) as Amount;
    for (const field of ['billed', 'effective']) {
      assert.equal(detailOfLine({ [field]: beyond }), `lines[1].${field} is beyond 10^18, which no line may be.`);
    }
    assert.equal(detailOfLine({ resource: '\0' }), 'lines[1].resource contains the character U+0000.');
    assert.equal(detailOfLine({ tags: { a: '\0' } }), 'lines[1].tags contain the character U+0000.');
    assert.equal(
      detailOfLine({ tags: JSON.parse('{"__proto__":"x"}') }),
      'lines[1].tags have the name __proto__, which cannot be kept.',
    );
    assert.equal(detailOfLine({}), undefined);
  });
});
