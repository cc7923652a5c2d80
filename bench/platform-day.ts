import type { DayInputs } from '../attribution/allocate-day.ts';
import { type CompiledCatalog, compileCatalog } from '../attribution/compile-catalog.ts';
import { parseCatalog } from '../attribution/parse-catalog.ts';
import type { CostReport } from '../schemas/cost-report.ts';
import type { Day } from '../schemas/scalars.ts';
import type { UsageTotal } from '../schemas/usage-total.ts';
import { costLine } from './cost-line.ts';
import { generator } from './generator.ts';

/** A platform whose days are wide: what it costs and who uses it is made in memory, without the pipeline. */
export interface PlatformSize {
  readonly tenants: number;
  readonly namespaces: number;
  /** Shared namespaces that one tenant uses. */
  readonly used: number;
  readonly services: number;
}

/** Shared namespaces by call duration, external services by their cost. */
export function catalogOf({ tenants }: PlatformSize): CompiledCatalog {
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

/** All that a day is computed from; another revision has other amounts. */
export function inputsOf(size: PlatformSize, day: Day, revision: number): DayInputs {
  const random = generator(day + revision);
  const reports = [namespaceReport(size, day, random), serviceReport(size, day, random)];
  return { day, reports, totals: totalsOf(size, day, random), stamp: { calcVersion: 1, revision } };
}

function namespaceReport({ namespaces }: PlatformSize, day: Day, random: Random): CostReport {
  const lines = Array.from({ length: namespaces }, (_, n) =>
    costLine({ cluster: 'prod-eu-1', namespace: `asr-shared-${n}` }, random),
  );
  return { source: 'cast-ai', account: 'prod-eu-1', day, currency: 'USD', observedAt: 0, status: 'final', lines };
}

function serviceReport({ services }: PlatformSize, day: Day, random: Random): CostReport {
  const lines = Array.from({ length: services }, (_, s) =>
    costLine({ service: `Amazon Service ${s}`, region: 'eu-central-1' }, random),
  );
  return { source: 'aws', account: '123456789012', day, currency: 'USD', observedAt: 0, status: 'final', lines };
}

function totalsOf({ tenants, used, namespaces }: PlatformSize, day: Day, random: Random): UsageTotal[] {
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
