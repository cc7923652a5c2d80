import { splitAmount } from '../../attribution/split.ts';
import { addDays, dayOf, startOf } from '../../schemas/day.ts';
import type { Amount, Day, Instant } from '../../schemas/scalars.ts';

/** The part of a charge that falls on one day. */
export interface DayPart {
  readonly day: Day;
  readonly billed: Amount;
  readonly effective: Amount;
}

/**
 * Spreads a charge over the UTC days that its period (start inclusive, end exclusive) touches, in proportion to the time
 * in each, by the split of allocation.md section 5: the parts add up to the charge exactly, and of equal remainders the
 * earlier day's goes first. A period without length lies on its day.
 */
export function spreadOverDays(start: Instant, end: Instant, billed: Amount, effective: Amount): readonly DayPart[] {
  const first = dayOf(start);
  const last = end > start ? dayOf(end - 1) : first;
  if (last === first) return [{ day: first, billed, effective }];

  const weights: bigint[] = [];
  for (let day = first; day <= last; day = addDays(day, 1)) {
    weights.push(BigInt(Math.min(end, startOf(addDays(day, 1))) - Math.max(start, startOf(day))));
  }
  const billedParts = splitAmount(billed, weights);
  const effectiveParts = splitAmount(effective, weights);
  return weights.map((_, index) => ({
    day: addDays(first, index),
    billed: partOf(billedParts, index),
    effective: partOf(effectiveParts, index),
  }));
}

function partOf(parts: readonly bigint[], index: number): Amount {
  return (parts[index] ?? 0n) as Amount;
}
