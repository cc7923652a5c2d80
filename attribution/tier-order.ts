import type { Rule } from '../schemas/catalog.ts';
import { basesOf, tierOf } from './rule-splits.ts';

export interface TierOrder {
  /** Every tier of a rule or a base, each after all that it is based on. */
  readonly order: readonly string[];
  /** Tiers that would wait for one another, first one repeated at the end. None in a catalog that was accepted. */
  readonly cycles: readonly (readonly string[])[];
}

/**
 * Orders tiers so that every base is computed before what is split by it. The edges count over all rules, whatever
 * their dates: a catalog that is sound today is sound on every day.
 */
export function orderTiers(rules: readonly Rule[]): TierOrder {
  const bases = new Map<string, Set<string>>();
  for (const rule of rules) {
    const known = bases.get(tierOf(rule)) ?? new Set();
    for (const base of basesOf(rule)) known.add(base);
    bases.set(tierOf(rule), known);
  }

  const order = new Set<string>();
  const cycles: string[][] = [];
  const trail: string[] = [];
  const visit = (tier: string): void => {
    if (order.has(tier)) return;
    const start = trail.indexOf(tier);
    if (start >= 0) {
      cycles.push([...trail.slice(start), tier]);
      return;
    }
    trail.push(tier);
    for (const base of bases.get(tier) ?? []) visit(base);
    trail.pop();
    order.add(tier);
  };
  for (const tier of bases.keys()) visit(tier);
  return { order: [...order], cycles };
}
