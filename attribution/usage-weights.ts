import { UNALLOCATED } from '../schemas/attribution-document.ts';
import type { Day } from '../schemas/scalars.ts';
import { CALL_COUNT, REFUSAL_METERS, type UsageTotal } from '../schemas/usage-total.ts';
import type { CompiledCatalog } from './compile-catalog.ts';
import type { CompiledUsage } from './compile-split.ts';
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
    const rows = meters.get(meter);
    if (rows === undefined) meters.set(meter, [row]);
    else rows.push(row);
  };
  for (const total of totals) {
    if (REFUSAL_METERS.includes(total.meter)) continue;
    const tenant = catalog.tenantOf(total.tenant, day) ?? UNALLOCATED;
    add(total.meter, { tenant, total, quantity: total.quantity });
    if (total.callCount !== null) add(CALL_COUNT, { tenant, total, quantity: BigInt(total.callCount) });
  }

  const byPlace = new Map<string, Map<string, Row[]>>();
  const rowsAt = (meter: string, place: string): readonly Row[] => {
    let places = byPlace.get(meter);
    if (places === undefined) {
      places = Map.groupBy(meters.get(meter) ?? [], ({ total }) => placeKey(total.cluster, total.namespace));
      byPlace.set(meter, places);
    }
    return places.get(place) ?? [];
  };
  const weigh = (split: CompiledUsage, place: string): TargetSet | null => {
    const rows = split.scope === 'namespace' ? rowsAt(split.meter, place) : (meters.get(split.meter) ?? []);
    const sums = new PairSums();
    for (const { tenant, total, quantity } of rows) {
      if (split.scope === 'product' && total.product !== split.product) continue;
      if (split.only !== null && !split.only.has(tenant)) continue;
      sums.add(tenant, split.product ?? total.product, quantity);
    }
    return sums.targets();
  };

  const known = new Map<string, TargetSet | null>();
  return (split, cluster, namespace) => {
    const place = split.scope === 'namespace' ? placeKey(cluster, namespace) : '';
    const key = `${split.key}${place}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const targets = weigh(split, place);
    known.set(key, targets);
    return targets;
  };
}

function placeKey(cluster: string, namespace: string): string {
  return JSON.stringify([cluster, namespace]);
}
