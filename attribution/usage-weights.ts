import { UNALLOCATED } from '../schemas/attribution-document.ts';
import type { Day } from '../schemas/scalars.ts';
import { CALL_COUNT, REFUSAL_METERS, type UsageTotal } from '../schemas/usage-total.ts';
import type { CompiledCatalog } from './compile-catalog.ts';
import type { CompiledUsage } from './compile-split.ts';
import { computeOnce } from './compute-once.ts';
import { PairSums, type TargetSet } from './targets.ts';

/** Gives the targets of a usage split for a charge's cluster and namespace; null when nobody used anything. */
export type UsageWeights = (split: CompiledUsage, cluster: string, namespace: string) => TargetSet | null;

interface Row {
  readonly tenant: string;
  readonly total: UsageTotal;
  readonly quantity: bigint;
}

/**
 * Indexes the totals of a day. Ids that mean one tenant add up; ids that mean nobody add up to `__unallocated__`, so
 * that other tenants do not pay for them, and are left out where a split lists its targets.
 */
export function indexUsage(totals: readonly UsageTotal[], day: Day, catalog: CompiledCatalog): UsageWeights {
  const meters = new Map<string, Row[]>();
  const add = (meter: string, row: Row): void => {
    computeOnce(meters, meter, () => []).push(row);
  };
  for (const total of totals) {
    // Records of refused lines carry no usage, but a call's carries a count.
    if (REFUSAL_METERS.includes(total.meter)) continue;
    const tenant = catalog.tenantOf(total.tenant, day) ?? UNALLOCATED;
    add(total.meter, { tenant, total, quantity: total.quantity });
    if (total.callCount !== null) add(CALL_COUNT, { tenant, total, quantity: BigInt(total.callCount) });
  }

  const places = new Map<string, Map<string, Row[]>>();
  const rowsOf = (meter: string): readonly Row[] => meters.get(meter) ?? [];
  const rowsAt = (meter: string, place: string): readonly Row[] => {
    const byPlace = computeOnce(places, meter, () =>
      Map.groupBy(rowsOf(meter), ({ total }) => placeKey(total.cluster, total.namespace)),
    );
    return byPlace.get(place) ?? [];
  };

  const known = new Map<string, TargetSet | null>();
  return (split, cluster, namespace) => {
    const place = split.scope === 'namespace' ? placeKey(cluster, namespace) : null;
    return computeOnce(known, `${split.key}${place}`, () =>
      weigh(split, place === null ? rowsOf(split.meter) : rowsAt(split.meter, place)),
    );
  };
}

function weigh(split: CompiledUsage, rows: readonly Row[]): TargetSet | null {
  const sums = new PairSums();
  for (const { tenant, total, quantity } of rows) {
    if (split.scope === 'product' && total.product !== split.product) continue;
    if (split.only !== null && !split.only.has(tenant)) continue;
    sums.add(tenant, split.product ?? total.product, quantity);
  }
  return sums.targets();
}

function placeKey(cluster: string, namespace: string): string {
  return JSON.stringify([cluster, namespace]);
}
