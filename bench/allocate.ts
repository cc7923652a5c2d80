/** How fast a day is allocated, alone and in growing numbers of tenants. */
import { allocateDay, type DayInputs } from '../attribution/allocate-day.ts';
import { parseAmount } from '../attribution/amount.ts';
import { type CompiledCatalog, compileCatalog } from '../attribution/compile-catalog.ts';
import { parseCatalog } from '../attribution/parse-catalog.ts';
import { table } from '../runtime/terminal/table.ts';
import type { CostLine, CostReport } from '../schemas/cost-report.ts';
import { parseDay } from '../schemas/day.ts';
import type { Amount, Day } from '../schemas/scalars.ts';
import type { UsageTotal } from '../schemas/usage-total.ts';
import type { Benchmark } from './benchmark.ts';

const NAMESPACES = 50;
const SERVICES = 40;
/** Shared namespaces that one tenant uses. */
const USED = 5;
const RUNS = 5;
const TENANTS = [1_000, 10_000, 30_000];

export const allocate: Benchmark = {
  name: 'allocate',
  about: `allocateDay in process: ${NAMESPACES} shared namespaces, ${SERVICES} external services, each tenant in ${USED} namespaces; documents and digests included`,
  async run({ size, say }) {
    const runs = TENANTS.map((tenants) => Math.ceil(tenants * size)).map((tenants) => {
      say(`${tenants.toLocaleString('en')} tenants`);
      return measure(tenants);
    });
    const [small, middle, large] = runs;
    if (small === undefined || middle === undefined || large === undefined) throw new Error('Nothing was measured.');
    return {
      figures: [
        {
          key: 'allocate.linesPerSecond',
          what: 'allocateDay, 10,000 tenants, per core',
          value: perSecond(middle),
          unit: 'lines/s',
          reach: { atLeast: 150_000 },
        },
        {
          key: 'allocate.30000To1000',
          what: 'allocateDay, a line of 30,000 tenants against one of 1,000',
          value: perSecond(large) / perSecond(small),
          unit: 'x',
        },
      ],
      details: table(
        ['tenants', 'lines', 'clock ms', 'core ms', 'lines/s per core'].map((title) => ({ title, align: 'right' })),
        runs.map((run) =>
          [run.tenants, run.lines, run.clockMs, run.coresMs, perSecond(run)].map((value) =>
            Math.round(value).toLocaleString('en'),
          ),
        ),
      ),
    };
  },
};

interface Run {
  readonly tenants: number;
  readonly lines: number;
  readonly clockMs: number;
  /** Of all cores, collecting garbage included: it does not suffer from whatever else the machine does. */
  readonly coresMs: number;
}

/** The best of some. */
function measure(tenants: number): Run {
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
  return { tenants, lines, clockMs, coresMs };
}

function perSecond({ lines, coresMs }: Run): number {
  return (lines / coresMs) * 1000;
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
