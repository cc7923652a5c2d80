import type { DayInputs } from '../attribution/allocate-day.ts';
import { type CompiledCatalog, compileCatalog } from '../attribution/compile-catalog.ts';
import type { CostReport } from '../schemas/cost-report.ts';
import type { Day } from '../schemas/scalars.ts';
import type { UsageTotal } from '../schemas/usage-total.ts';
import { callTotal } from './call-total.ts';
import { costLine } from './cost-line.ts';
import { generator } from './generator.ts';
import { splitCatalog } from './split-catalog.ts';

/** A platform whose days are wide: what it costs and who uses it is made in memory, without the pipeline. */
export interface PlatformSize {
  readonly tenants: number;
  readonly namespaces: number;
  /** Shared namespaces that one tenant uses. */
  readonly used: number;
  readonly services: number;
}

/** See `splitCatalog`. */
export function catalogOf({ tenants }: PlatformSize): CompiledCatalog {
  return compileCatalog(splitCatalog(Array.from({ length: tenants }, (_, tenant) => tenantId(tenant))));
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
  return Array.from({ length: tenants * used }, (_, index) => {
    const [tenant, nth] = [Math.floor(index / used), index % used];
    const namespace = `asr-shared-${(tenant + nth * 7) % namespaces}`;
    const place = { day, cluster: 'prod-eu-1', namespace, tenant: tenantId(tenant), product: 'asr', partition: 0 };
    return callTotal(place, random);
  });
}

function tenantId(number: number): string {
  return `tenant-${String(number).padStart(5, '0')}`;
}

type Random = (below: number) => number;
