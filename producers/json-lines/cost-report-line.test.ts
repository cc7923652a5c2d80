import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAmount } from '../../attribution/amount.ts';
import { MAX_REPORT_BYTES } from '../../schemas/cost-report.ts';
import { reportBytes } from '../report-bytes.ts';
import { parseCostReportLine } from './cost-report-line.ts';
import { LineFault } from './line-fault.ts';

const { PROPERTY_RUNS = '500' } = process.env;

const report = (lines: string, change: object = {}): string => {
  const head = { source: 'aws', account: '1', day: '2026-05-09', currency: 'USD', ...change };
  const rest = { observedAt: '2026-05-10T03:00:00Z', status: 'estimated', ...change };
  return `${JSON.stringify({ ...head, ...rest }).slice(0, -1)},"lines":${lines}}`;
};
const detailOf = (line: string): string | null => {
  const result = parseCostReportLine(line);
  return result instanceof LineFault ? `${result.reason}: ${result.detail}` : null;
};
const amountsOf = (line: string): bigint[] => {
  const result = parseCostReportLine(report(`[${line}]`));
  assert.ok(!(result instanceof LineFault));
  return result.lines.flatMap(({ billed, effective }) => [billed, effective]);
};

test('a line takes Usage for its category and the billed amount for its effective one', () => {
  const result = parseCostReportLine(report('[{"billed":"-12.5","tags":{"team":"asr"}}]'));
  assert.ok(!(result instanceof LineFault));
  assert.equal(result.status, 'estimated');
  assert.deepEqual(result.lines, [
    {
      service: '',
      cluster: '',
      namespace: '',
      region: '',
      resource: '',
      subAccount: '',
      category: 'Usage',
      billed: -12_500_000_000_000n,
      effective: -12_500_000_000_000n,
      tags: { team: 'asr' },
    },
  ]);
});

test('amounts keep every digit, exponents included', () => {
  assert.deepEqual(amountsOf('{"billed":"0.000000000001","effective":"1E-7"}'), [1n, 100_000n]);
  assert.deepEqual(amountsOf('{"billed":"123456789012345678","effective":".5"}'), [
    123456789012345678n * 10n ** 12n,
    5n * 10n ** 11n,
  ]);
});

test('money in a JSON number is refused with the reason, since a number may have lost digits', () => {
  assert.equal(
    detailOf(report('[{"billed":"1"},{"billed":1.50}]')),
    'invalid: lines[1].billed: amounts are decimal text in quotes ("1.50"), found a JSON number.',
  );
});

test('a report without lines is a report', () => {
  const result = parseCostReportLine(report('[]'));
  assert.ok(!(result instanceof LineFault));
  assert.deepEqual(result.lines, []);
});

test('what is wrong is said with its place', () => {
  assert.match(detailOf(report('[{"billed":"x"}]')) ?? '', /^invalid: lines\[0\]\.billed: "x" is not decimal text/);
  assert.match(detailOf(report('[{}]')) ?? '', /lines\[0\]\.billed: expected an amount/);
  assert.match(detailOf(report('[{"billed":"1","team":"a"}]')) ?? '', /lines\[0\]: unknown field "team"/);
  assert.match(detailOf(report('[{"billed":"1","tags":{"a":1}}]')) ?? '', /lines\[0\]\.tags: expected a text for "a"/);
  assert.match(detailOf(report('[{"billed":"1","tags":{"__proto__":"1"}}]')) ?? '', /__proto__/);
  assert.match(detailOf(report('[{"billed":"1e30"}]')) ?? '', /lines\[0\]\.billed/);
  assert.match(detailOf(report('{}')) ?? '', /lines: expected an array/);
  assert.match(detailOf(report('[5]')) ?? '', /lines\[0\]: expected a JSON object, found a JSON number/);
  assert.match(detailOf(report('[]', { status: 'closed' })) ?? '', /status: expected "estimated" or "final"/);
  assert.match(detailOf(report('[]', { day: '2026-02-30' })) ?? '', /day: expected a day/);
  assert.match(detailOf(report('[]', { currency: 'usd' })) ?? '', /currency "usd" is not/);
  assert.match(detailOf(report('[]', { account: '' })) ?? '', /^empty_id: account is empty/);
  assert.match(detailOf(report('[]', { effective: '1' })) ?? '', /unknown field "effective"/);
});

test('a report over 4 MiB is refused with what to do about it', () => {
  const sized = (length: number): string => report(JSON.stringify([{ billed: '1', resource: 'x'.repeat(length) }]));
  const least = parseCostReportLine(sized(MAX_REPORT_BYTES / 2));
  assert.ok(!(least instanceof LineFault));
  const room = MAX_REPORT_BYTES - reportBytes(least);
  assert.equal(detailOf(sized(MAX_REPORT_BYTES / 2 + room)), null);
  assert.match(
    detailOf(sized(MAX_REPORT_BYTES / 2 + room + 1)) ?? '',
    /^too_large: The report takes 4194305 bytes.*per sub-account/,
  );
});

test('whatever stands in a field, a line is a report or a fault, and what is taken is what stood there', () => {
  const names = ['service', 'resource', 'billed', 'effective', 'tags', 'category', 'other'];
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.jsonValue(), (name, value) => {
      const line = JSON.stringify({ ...(name === 'billed' ? {} : { billed: '1' }), [name]: value });
      const result = parseCostReportLine(report(`[${line}]`));
      if (result instanceof LineFault) return;
      const [first] = result.lines;
      assert.ok(first !== undefined);
      if (name === 'billed' || name === 'effective') assert.equal(first[name], parseAmount(value));
      else assert.deepEqual(Object.entries(first).find(([key]) => key === name)?.[1], value);
    }),
    { numRuns: Number(PROPERTY_RUNS) },
  );
});
