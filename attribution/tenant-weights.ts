import type { Day } from '../schemas/scalars.ts';
import type { CompiledCatalog } from './compile-catalog.ts';
import type { CompiledEven, CompiledFixed } from './compile-split.ts';
import { computeOnce } from './compute-once.ts';
import { PairSums, type TargetSet } from './targets.ts';

/** Gives the targets of the splits that need no measurement, among the tenants valid on the day; null for none. */
export function tenantWeights(
  day: Day,
  catalog: CompiledCatalog,
): (split: CompiledEven | CompiledFixed) => TargetSet | null {
  const known = new Map<string, TargetSet | null>();
  return (split) =>
    computeOnce(known, `${split.method}${split.key}`, () => {
      const sums = new PairSums();
      for (const [tenant, weight] of weightsOf(split, day, catalog)) sums.add(tenant, '', weight);
      return sums.targets();
    });
}

function weightsOf(split: CompiledEven | CompiledFixed, day: Day, catalog: CompiledCatalog): [string, bigint][] {
  if (split.method === 'fixed') return [...split.weights].filter(([tenant]) => catalog.isTenant(tenant, day));
  const tenants = catalog.tenantsOn(day);
  const { only } = split;
  return (only === null ? tenants : tenants.filter((tenant) => only.has(tenant))).map((tenant) => [tenant, 1n]);
}
