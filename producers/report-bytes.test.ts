import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { avroType } from '../runtime/kafka/avro.ts';
import { type CostLine, type CostReport, costReportAvro } from '../schemas/cost-report.ts';
import { dayOf } from '../schemas/day.ts';
import type { Amount } from '../schemas/scalars.ts';
import { reportBytes } from './report-bytes.ts';

const { PROPERTY_RUNS = '500' } = process.env;
const HEADER_BYTES = 5;

const text = fc.string({ unit: 'grapheme' });
const amount = fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n }).map((units) => units as Amount);
const line: fc.Arbitrary<CostLine> = fc.record({
  service: text,
  cluster: text,
  namespace: text,
  region: text,
  resource: fc.string({ maxLength: 300 }),
  subAccount: text,
  category: text,
  billed: amount,
  effective: fc.oneof(
    amount,
    fc.constantFrom(0n, 127n, 128n, -128n, -129n, -1n).map((units) => units as Amount),
  ),
  tags: fc.dictionary(text, text, { noNullPrototype: true }),
});
const instant = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 });
const report: fc.Arbitrary<CostReport> = fc.record({
  source: text,
  account: text,
  day: instant.map(dayOf),
  currency: fc.constant('USD'),
  observedAt: instant,
  status: fc.constantFrom('estimated', 'final'),
  lines: fc.array(line, { maxLength: 200 }),
});

test('the bytes of a report are those that its encoding takes', () => {
  const type = avroType(costReportAvro);
  fc.assert(
    fc.property(report, (value) => {
      assert.equal(reportBytes(value), HEADER_BYTES + type.toBuffer(value).length);
    }),
    { numRuns: Number(PROPERTY_RUNS) },
  );
});
