import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, test } from 'node:test';
import { parse } from 'yaml';
import { allocateDay, type DayOutcome } from '../../attribution/allocate-day.ts';
import { canonicalJson } from '../../attribution/canonical-json.ts';
import { compileCatalog } from '../../attribution/compile-catalog.ts';
import { parseCatalog } from '../../attribution/parse-catalog.ts';
import { refuseCall } from '../../attribution/refuse-call.ts';
import { refuseReport } from '../../attribution/refuse-report.ts';
import { UNALLOCATED } from '../../schemas/attribution-document.ts';
import type { Call } from '../../schemas/call.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import { addDays, DAY_MS, dayOf, parseDay, startOf } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import { costReports } from '../../schemas/topics.ts';
import { CALL_DURATION, type UsageTotal } from '../../schemas/usage-total.ts';
import { type SpeechPlatform, speechPlatform } from './speech-platform.ts';

const lastDay = dayFrom('2026-04-14');
const OPEN_DAYS = 7;
let demo: SpeechPlatform;

before(() => {
  demo = speechPlatform({ seed: 1, lastDay });
});

function dayFrom(text: string): Day {
  const day = parseDay(text);
  assert.ok(day !== null);
  return day;
}

function distinctCalls(calls: readonly Call[]): Call[] {
  return [...new Map(calls.toReversed().map((call) => [call.callId, call])).values()];
}

const digestOf = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex');

/** What the meter makes of calls: milliseconds per day and key. Slow and plain. */
function totalsOf(calls: readonly Call[]): UsageTotal[] {
  const totals = new Map<string, UsageTotal>();
  for (const { tenant, product, cluster, namespace, startedAt, endedAt } of calls) {
    const last = dayOf(Math.max(startedAt, endedAt - 1));
    for (let day = dayOf(startedAt); day <= last; day = addDays(day, 1)) {
      const ms = Math.min(endedAt, startOf(addDays(day, 1))) - Math.max(startedAt, startOf(day));
      const key = JSON.stringify([day, tenant, product, cluster, namespace]);
      const before = totals.get(key);
      const begun = dayOf(startedAt) === day ? 1 : 0;
      totals.set(key, {
        ...{ day, cluster, namespace, tenant, product, meter: CALL_DURATION, topic: 'calls.v1', partition: 0 },
        ...{ identity: '', refusedMeter: '', duplicates: 0, conflicting: 0, late: 0, through: 0 },
        quantity: (before?.quantity ?? 0n) + BigInt(ms),
        callCount: (before?.callCount ?? 0) + begun,
      });
    }
  }
  return [...totals.values()];
}

function attribute(): DayOutcome[] {
  const parsed = parseCatalog(parse(demo.catalog));
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const catalog = compileCatalog(parsed.catalog);
  const totals = Map.groupBy(totalsOf(distinctCalls(demo.calls)), ({ day }) => day);
  const newest = new Map<string, CostReport>();
  for (const report of [...demo.reports, ...demo.restatements]) newest.set(costReports.key(report), report);
  const reports = Map.groupBy(newest.values(), ({ day }) => day);
  return [...reports.entries()].map(([day, own]) =>
    allocateDay({ day, reports: own, totals: totals.get(day) ?? [], stamp: { calcVersion: 1, revision: 1 } }, catalog),
  );
}

test('the same seed and last day give the same bytes, another seed others', () => {
  const again = speechPlatform({ seed: 1, lastDay });
  assert.equal(JSON.stringify(again.calls), JSON.stringify(demo.calls));
  assert.equal(
    digestOf([again.reports, again.restatements, again.catalog]),
    digestOf([demo.reports, demo.restatements, demo.catalog]),
  );
  const other = speechPlatform({ seed: 2, lastDay });
  assert.notEqual(JSON.stringify(other.calls), JSON.stringify(demo.calls));
  assert.notEqual(digestOf(other.reports), digestOf(demo.reports));
});

test('there are 60,000 distinct calls of 40 tenants, 3 products, 3 clusters and 14 days', () => {
  const calls = distinctCalls(demo.calls);
  assert.equal(calls.length, 60_000);
  assert.deepEqual(demo.facts, {
    calls: 60_000,
    duplicates: demo.facts.duplicates,
    conflicting: demo.facts.conflicting,
  });
  assert.equal(demo.calls.length, 60_000 + demo.facts.duplicates + demo.facts.conflicting);
  assert.ok(demo.facts.duplicates > 100 && demo.facts.conflicting > 10);
  // 40 customers, the older name of one of them, and the one that nobody has entered.
  assert.equal(new Set(calls.map(({ tenant }) => tenant)).size, 42);
  assert.equal(new Set(calls.map(({ product }) => product)).size, 3);
  assert.equal(new Set(calls.map(({ cluster }) => cluster)).size, 3);
  assert.equal(new Set(calls.map(({ startedAt }) => dayOf(startedAt))).size, 14);
  const wonka = calls.filter(({ tenant }) => tenant === 'wonka').map(({ startedAt }) => dayOf(startedAt));
  assert.equal(Math.min(...wonka), addDays(demo.firstDay, 6));
  assert.ok(calls.filter(({ startedAt, endedAt }) => dayOf(startedAt) !== dayOf(endedAt - 1)).length > 50);
});

test('every call would be taken the moment it ends, none is late, and none reaches beyond the last day', () => {
  let watermark = 0;
  const end = startOf(addDays(lastDay, 1));
  for (const call of demo.calls) {
    assert.equal(refuseCall(call, call.endedAt, { maxCallMs: DAY_MS }), null);
    watermark = Math.max(watermark, call.startedAt, call.endedAt);
    assert.ok(startOf(dayOf(call.startedAt)) > watermark - OPEN_DAYS * DAY_MS);
    assert.ok(call.startedAt >= startOf(demo.firstDay) && call.endedAt <= end + 1_000);
  }
});

test('repeated lines come after their call, the first one of a conflict included', () => {
  const first = new Map<string, Call>();
  let repeated = 0;
  let conflicting = 0;
  for (const call of demo.calls) {
    const known = first.get(call.callId);
    if (known === undefined) first.set(call.callId, call);
    else if (known.endedAt === call.endedAt) repeated++;
    else conflicting++;
  }
  assert.deepEqual({ calls: first.size, duplicates: repeated, conflicting }, demo.facts);
});

test('a working day has its rush hours, and a weekend is quiet', () => {
  const calls = distinctCalls(demo.calls).filter(({ cluster }) => cluster === 'prod-eu-1');
  const perHour = Array.from(
    { length: 24 },
    (_, hour) => calls.filter(({ startedAt }) => new Date(startedAt).getUTCHours() === hour).length,
  );
  assert.ok((perHour[9] ?? 0) > 20 * (perHour[2] ?? 0));
  const perWeekday = Array.from(
    { length: 7 },
    (_, day) => calls.filter(({ startedAt }) => new Date(startedAt).getUTCDay() === day).length,
  );
  assert.ok((perWeekday[2] ?? 0) > 2 * (perWeekday[0] ?? 0));
});

test('there is a report of each source and day, one restated, one credit, and all could be published', () => {
  assert.equal(demo.reports.length, 14 * (3 + 1 + 1));
  assert.equal(new Set(demo.reports.map(costReports.key)).size, demo.reports.length);
  for (const report of [...demo.reports, ...demo.restatements]) assert.equal(refuseReport(report), null);
  const [restatement] = demo.restatements;
  assert.ok(restatement !== undefined);
  const before = demo.reports.find((report) => costReports.key(report) === costReports.key(restatement));
  assert.ok(before !== undefined && before.observedAt < restatement.observedAt);
  assert.ok(before.lines.some(({ service }) => !restatement.lines.some((line) => line.service === service)));
  const namespaces = new Set(
    demo.reports.flatMap(({ lines }) => lines.map(({ cluster, namespace }) => `${cluster}/${namespace}`)),
  );
  // 12 namespaces, the idle part of 3 clusters, and what has no cluster.
  assert.equal(namespaces.size, 12 + 3 + 1);
  assert.ok(demo.reports.some(({ lines }) => lines.some((line) => line.category === 'Credit' && line.billed < 0n)));
});

test('the demo shows all outcomes: allocated, covered, held, and unallocated for four reasons', () => {
  const outcomes = attribute();
  assert.equal(outcomes.length, 14);
  const documents = outcomes.flatMap((outcome) => outcome.documents);
  const tenants = new Set(documents.map(({ tenant }) => tenant));
  assert.equal(tenants.size, 41);
  assert.ok(tenants.has(UNALLOCATED));
  const lines = documents.flatMap((document) => document.lines);
  const reasons = new Set(lines.map(({ reason }) => reason));
  assert.deepEqual([...reasons].sort(), ['', 'no_rule', 'paid by the platform team', 'unknown_tenant']);
  assert.deepEqual([...new Set(lines.map(({ method }) => method))].sort(), [
    'cost',
    'dedicated',
    'even',
    'leave',
    'none',
    'usage',
  ]);
  const sources = outcomes.flatMap(({ statements }) => statements.flatMap((statement) => statement.sources));
  assert.ok(sources.some(({ covered }) => covered.billed > 0n));
  assert.ok(sources.some(({ held }) => held.billed > 0n));
  for (const { difference } of sources) assert.deepEqual(difference, { billed: 0n, effective: 0n });
  assert.deepEqual(new Set(outcomes.map(({ status }) => status)), new Set(['final', 'estimated']));
});

test('a smaller demo has the same shape', () => {
  const small = speechPlatform({ seed: 1, lastDay, days: 3, calls: 500 });
  assert.equal(distinctCalls(small.calls).length, 500);
  assert.equal(small.reports.length, 15);
  assert.equal(small.restatements.length, 1);
});
