import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import { parse } from 'yaml';
import { allocateDay, type DayOutcome } from '../../../attribution/allocate-day.ts';
import { formatAmount } from '../../../attribution/amount.ts';
import { compileCatalog } from '../../../attribution/compile-catalog.ts';
import { parseCatalog } from '../../../attribution/parse-catalog.ts';
import { refuseSample } from '../../../attribution/refuse-sample.ts';
import { focusFileShape } from '../../../producers/focus-file/config.ts';
import { readFocusFiles } from '../../../producers/focus-file/read-files.ts';
import { UNALLOCATED } from '../../../schemas/attribution-document.ts';
import type { CostReport } from '../../../schemas/cost-report.ts';
import { dayOf, formatDay, parseDay } from '../../../schemas/day.ts';
import type { Amount } from '../../../schemas/scalars.ts';
import type { Money } from '../../../schemas/statement.ts';
import type { UsageSample } from '../../../schemas/usage-sample.ts';
import type { UsageTotal } from '../../../schemas/usage-total.ts';
import {
  GENERATED_TOKENS,
  REAL_BILLS,
  REAL_CATALOG,
  REAL_DAYS,
  REAL_TOTALS,
  readRealUsage,
  traceSamples,
} from './real-input.ts';

let samples: readonly UsageSample[] = [];
let outcomes: readonly DayOutcome[] = [];

before(async () => {
  samples = await readRealUsage();
  const parsed = parseCatalog(parse(await readFile(REAL_CATALOG, 'utf8')));
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const catalog = compileCatalog(parsed.catalog);
  const reports: CostReport[] = [];
  await readFocusFiles(focusFileShape.parse(REAL_BILLS), async (report) => {
    reports.push(report);
  });
  const totals = totalsOf(samples);
  const days = [...new Set(reports.map(({ day }) => day))].sort((a, b) => a - b);
  outcomes = days.map((day) => {
    const inputs = {
      reports: reports.filter((report) => report.day === day),
      totals: totals.filter((total) => total.day === day),
    };
    return allocateDay({ day, ...inputs, stamp: { calcVersion: 1, revision: 1 } }, catalog);
  });
});

/** What the meter makes of samples without length: a total per tenant and product. */
function totalsOf(all: readonly UsageSample[]): UsageTotal[] {
  const groups = Map.groupBy(all, ({ tenant, windowStart }) => `${tenant} ${dayOf(windowStart)}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { meter, tenant, product, cluster, namespace } = first;
    const quantity = BigInt(group.reduce((sum, sample) => sum + sample.quantity, 0));
    const key = { day: dayOf(first.windowStart), cluster, namespace, tenant, product, meter };
    const place = { topic: 'usage.v1', partition: 0, identity: '', refusedMeter: '', through: group.length };
    return [{ ...key, ...place, quantity, callCount: null, duplicates: 0, conflicting: 0, late: 0 }];
  });
}

function sum(amounts: readonly Amount[]): string {
  return formatAmount(amounts.reduce((total: bigint, amount) => total + amount, 0n) as Amount);
}

test('every request of the traces is a sample of 18 September 2024, in the order of time', () => {
  assert.equal(samples.length, 8_819 + 19_366);
  assert.equal(new Set(samples.map(({ sampleId }) => sampleId)).size, samples.length);
  for (const [index, sample] of samples.entries()) {
    assert.equal(formatDay(dayOf(sample.windowStart)), '2024-09-18');
    assert.equal(refuseSample(sample, Date.parse('2026-01-01')), null);
    assert.ok(sample.windowStart >= (samples[index - 1]?.windowStart ?? 0));
  }
});

test('a request keeps its time of day and its tokens', () => {
  const [request] = traceSamples(
    'code',
    'TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:17:03.9799600,4808,10',
  );
  assert.equal(request?.windowStart, Date.parse('2024-09-18T18:17:03.979Z'));
  assert.equal(request?.quantity, 10);
});

test('documents, covered, held and unallocated add up to the bills, to the last digit', () => {
  const sources = outcomes.flatMap(({ statements }) => statements.flatMap((statement) => statement.sources));
  for (const field of ['billed', 'effective'] as const) {
    const of = (pick: (source: (typeof sources)[number]) => Money): Amount[] => sources.map((it) => pick(it)[field]);
    const documents = outcomes.flatMap((outcome) => outcome.documents.map((document) => document[field]));
    const tenants = outcomes.flatMap(({ documents: all }) =>
      all.filter(({ tenant }) => tenant !== UNALLOCATED).map((document) => document[field]),
    );
    assert.equal(sum(of((it) => it.in)), REAL_TOTALS[field]);
    assert.equal(sum([...documents, ...of((it) => it.covered), ...of((it) => it.held)]), REAL_TOTALS[field]);
    assert.equal(sum(of((it) => it.allocated)), sum(tenants));
    assert.equal(sum(of((it) => it.difference)), '0');
  }
});

test('compute of 18 September is split by the tokens that were generated, of other days evenly', () => {
  const tokens = (tenant: string): number =>
    samples.filter((sample) => sample.tenant === tenant).reduce((total, { quantity }) => total + quantity, 0);
  const lines = outcomes.flatMap(({ documents }) =>
    documents.flatMap(({ day, tenant, lines: all }) => all.map((line) => ({ ...line, day, tenant }))),
  );
  const compute = lines.filter(({ ruleId }) => ruleId === 'compute');
  const measured = compute.filter(({ day }) => day === parseDay('2024-09-18'));
  assert.ok(measured.length > 0);
  for (const line of measured) {
    assert.equal(line.driver, `${GENERATED_TOKENS}@platform`);
    assert.equal(line.weight, String(tokens(line.tenant)));
    assert.equal(line.totalWeight, String(tokens('code') + tokens('conversation')));
  }
  const others = compute.filter((line) => !measured.includes(line));
  assert.ok(others.length > 0);
  for (const line of others) assert.equal(line.driver, 'otherwise:1:even');
});

test('the bills touch every day of September, and every rule but tax has something to decide', () => {
  const days = outcomes.flatMap(({ statements }) => statements.map(({ day }) => formatDay(day)));
  assert.equal(days.length, 30);
  assert.deepEqual([days[0], days[29]], [REAL_DAYS.from, REAL_DAYS.to]);
  const rules = new Set(
    outcomes.flatMap(({ documents }) => documents.flatMap((it) => it.lines.map((line) => line.ruleId))),
  );
  assert.deepEqual([...rules].sort(), [
    '',
    'azure',
    'compute',
    'data',
    'monitoring',
    'network',
    'other-aws',
    'security',
  ]);
  const sources = outcomes.flatMap(({ statements }) => statements.flatMap((statement) => statement.sources));
  assert.notEqual(sum(sources.map((source) => source.covered.billed)), '0');
  assert.notEqual(sum(sources.map((source) => source.held.billed)), '0');
  const reasons = new Set(sources.flatMap((source) => Object.keys(source.unallocated)));
  assert.deepEqual([...reasons].sort(), ['no inference on the day', 'no_rule', 'paid by the security team']);
});
