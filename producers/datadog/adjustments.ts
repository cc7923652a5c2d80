import type { Amount } from '../../schemas/scalars.ts';
import type { OrgCost } from './api.ts';
import { type DayCharge, eitherPartsOrTotal } from './org-month.ts';

/** What the days of a month lack, per product, to what the month has cost in the end; negative where they are too much. */
export function adjustments(charges: readonly DayCharge[], whole: OrgCost): ReadonlyMap<string, Amount> {
  const missing = new Map<string, bigint>();
  const add = (product: string, amount: bigint): void => {
    missing.set(product, (missing.get(product) ?? 0n) + amount);
  };
  for (const row of eitherPartsOrTotal([whole])) for (const { product, cost } of row.charges) add(product, cost);
  for (const { product, cost } of charges) add(product, -cost);
  return new Map(
    [...missing].filter(([, amount]) => amount !== 0n).map(([product, amount]) => [product, amount as Amount]),
  );
}
