import { allocateDay } from '../../attribution/allocate-day.ts';
import { compileCatalog } from '../../attribution/compile-catalog.ts';
import { parseCatalog } from '../../attribution/parse-catalog.ts';
import type { AttributionDocument } from '../../schemas/attribution-document.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import { addDays, parseDay } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';
import { costLine } from '../cost-line.ts';

export interface Platform {
  readonly tenants: number;
  readonly namespaces: number;
  /** Shared namespaces that one tenant uses. */
  readonly used: number;
  readonly services: number;
  readonly days: number;
}

/** The documents of each day of a platform, as the attributor makes them: a day's in one list. */
export function platformDocuments(platform: Platform, revision: number): AttributionDocument[][] {
  const catalog = catalogOf(platform);
  return Array.from({ length: platform.days }, (_, index) => {
    const day = addDays(FIRST_DAY, index);
    const random = generator(day + revision);
    const reports = [namespaceReport(platform, day, random), serviceReport(platform, day, random)];
    const stamp = { calcVersion: 1, revision };
    return [...allocateDay({ day, reports, totals: totalsOf(platform, day, random), stamp }, catalog).documents];
  });
}

/** A Monday, and the first of a month: every shape meets the same number of weeks and months. */
const FIRST_DAY = parseDay('2026-06-01') ?? (0 as Day);

function catalogOf({ tenants }: Platform) {
  const parsed = parseCatalog({
    version: 1,
    currency: 'USD',
    products: [{ id: 'asr' }],
    tenants: Array.from({ length: tenants }, (_, t) => ({ id: tenantId(t) })),
    rules: [
      {
        id: 'shared',
        match: { source: 'cast-ai' },
        split: { by: 'usage', meter: 'call_duration', scope: 'namespace' },
      },
      { id: 'external', match: { source: 'aws' }, split: { by: 'cost', of: 'infrastructure' } },
    ],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return compileCatalog(parsed.catalog);
}

function namespaceReport({ namespaces }: Platform, day: Day, random: Random): CostReport {
  const lines = Array.from({ length: namespaces }, (_, n) =>
    costLine({ cluster: 'prod-eu-1', namespace: `asr-shared-${n}` }, random),
  );
  return { source: 'cast-ai', account: 'prod-eu-1', day, currency: 'USD', observedAt: 0, status: 'final', lines };
}

function serviceReport({ services }: Platform, day: Day, random: Random): CostReport {
  const lines = Array.from({ length: services }, (_, s) =>
    costLine({ service: `Amazon Service ${s}`, region: 'eu-central-1' }, random),
  );
  return { source: 'aws', account: '123456789012', day, currency: 'USD', observedAt: 0, status: 'final', lines };
}

function totalsOf({ tenants, used, namespaces }: Platform, day: Day, random: Random): UsageTotal[] {
  return Array.from({ length: tenants }, (_, tenant) =>
    Array.from({ length: used }, (_, i) => ({
      day,
      cluster: 'prod-eu-1',
      namespace: `asr-shared-${(tenant + i * 7) % namespaces}`,
      tenant: tenantId(tenant),
      product: 'asr',
      meter: 'call_duration',
      topic: 'calls.v1',
      partition: 0,
      identity: '',
      refusedMeter: '',
      quantity: BigInt(1 + random(80_000_000)),
      callCount: 1 + random(900),
      duplicates: 0,
      conflicting: 0,
      late: 0,
      through: 1,
    })),
  ).flat();
}

function tenantId(number: number): string {
  return `tenant-${String(number).padStart(5, '0')}`;
}

type Random = (below: number) => number;

/** A small repeatable generator (mulberry32); `random(n)` is below n. */
function generator(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
