/**
 * How fast a day is allocated: `npm run bench:allocate`. One day of a platform whose shared namespaces are split by
 * call duration and whose external services are split by cost over all tenants; documents and digests included.
 */
import { availableParallelism, cpus } from 'node:os';
import { allocateDay, type DayInputs } from '../attribution/allocate-day.ts';
import { parseAmount } from '../attribution/amount.ts';
import { type CompiledCatalog, compileCatalog } from '../attribution/compile-catalog.ts';
import { parseCatalog } from '../attribution/parse-catalog.ts';
import type { CostLine, CostReport } from '../schemas/cost-report.ts';
import { parseDay } from '../schemas/day.ts';
import type { Amount, Day } from '../schemas/scalars.ts';
import type { UsageTotal } from '../schemas/usage-total.ts';

const NAMESPACES = 50;
const SERVICES = 40;
/** Shared namespaces that one tenant uses. */
const USED = 5;
const RUNS = 5;
const TENANTS = [1_000, 10_000, 30_000];

main();

function main(): void {
  console.log(
    `allocateDay: ${NAMESPACES} shared namespaces, ${SERVICES} external services, each tenant in ${USED} namespaces; ` +
      `best of ${RUNS}\n${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}\n`,
  );
  const rows = TENANTS.map(measure);
  const header = ['tenants', 'lines', 'ms', 'lines/s', 'core ms', 'lines/s per core', 'core us/line'];
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)));
  for (const row of [header, ...rows]) console.log(row.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  '));
}

/**
 * One row of the table. The time of the clock suffers from whatever else the machine does; the time of all cores,
 * collecting garbage included, does not: lines per second of it is what one core gives.
 */
function measure(tenants: number): string[] {
  const catalog = platformCatalog(tenants);
  const inputs = platformDay(tenants);
  let [clockMs, coresMs, lines] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0];
  for (let run = 0; run < RUNS; run++) {
    const [start, usage] = [performance.now(), process.cpuUsage()];
    const { documents } = allocateDay(inputs, catalog);
    const { user, system } = process.cpuUsage(usage);
    clockMs = Math.min(clockMs, performance.now() - start);
    coresMs = Math.min(coresMs, (user + system) / 1000);
    lines = documents.reduce((count, document) => count + document.lines.length, 0);
  }
  const perSecond = (ms: number): number => Math.round((lines / ms) * 1000);
  const columns = [tenants, lines, Math.round(clockMs), perSecond(clockMs), Math.round(coresMs), perSecond(coresMs)];
  return [...columns.map((value) => value.toLocaleString('en')), ((coresMs / lines) * 1000).toFixed(2)];
}

function platformCatalog(tenants: number): CompiledCatalog {
  const parsed = parseCatalog({
    version: 1,
    currency: 'USD',
    products: [{ id: 'asr' }, { id: 'voicebot' }],
    tenants: Array.from({ length: tenants }, (_, t) => ({ id: tenantId(t) })),
    rules: [
      {
        id: 'shared',
        match: { source: 'cast-ai' },
        split: { by: 'usage', meter: 'call_duration', scope: 'namespace' },
      },
      { id: 'external', match: { source: ['aws', 'datadog'] }, split: { by: 'cost', of: 'infrastructure' } },
    ],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return compileCatalog(parsed.catalog);
}

function platformDay(tenants: number): DayInputs {
  const day = parseDay('2026-11-20');
  if (day === null) throw new Error('The day is wrong.');
  const random = generator(42);
  const namespaces = Array.from({ length: NAMESPACES }, (_, n) =>
    costLine({ cluster: 'prod-eu-1', namespace: `shared-${n}` }, `${100 + random(900)}.${random(1_000_000)}`),
  );
  const services = Array.from({ length: SERVICES }, (_, s) =>
    costLine({ service: `Service ${s}`, region: 'eu-west-1' }, `${10 + random(5000)}.${random(1_000_000)}`),
  );
  return {
    day,
    reports: [costReport('cast-ai', 'prod-eu-1', day, namespaces), costReport('aws', '123456789012', day, services)],
    totals: Array.from({ length: tenants }, (_, t) => usageOf(t, day, random)).flat(),
    stamp: { calcVersion: 1, revision: 1 },
  };
}

function usageOf(tenant: number, day: Day, random: (below: number) => number): UsageTotal[] {
  return Array.from({ length: USED }, (_, i) => ({
    day,
    cluster: 'prod-eu-1',
    namespace: `shared-${(tenant + i * 7) % NAMESPACES}`,
    tenant: tenantId(tenant),
    product: 'asr',
    meter: 'call_duration',
    topic: 'calls.v1',
    partition: tenant % 4,
    identity: '',
    refusedMeter: '',
    quantity: BigInt(1 + random(80_000_000)),
    callCount: 1 + random(900),
    duplicates: 0,
    conflicting: 0,
    late: 0,
    through: 1,
  }));
}

function costReport(source: string, account: string, day: Day, lines: CostLine[]): CostReport {
  return { source, account, day, currency: 'USD', observedAt: 0, status: 'final', lines };
}

/** Billed and effective differ, as under commitments, so that both are split. */
function costLine(place: Partial<CostLine>, billed: string): CostLine {
  const descriptors = { service: '', cluster: '', namespace: '', region: '', resource: '', subAccount: '', tags: {} };
  const effective = amount(billed) - amount('1.23456789');
  return { ...descriptors, category: 'Usage', ...place, billed: amount(billed), effective: effective as Amount };
}

function amount(text: string): Amount {
  const parsed = parseAmount(text);
  if (typeof parsed !== 'bigint') throw new Error(parsed.fault);
  return parsed;
}

function tenantId(number: number): string {
  return `tenant-${String(number).padStart(5, '0')}`;
}

/** A small repeatable generator (mulberry32); `random(n)` is below n. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
