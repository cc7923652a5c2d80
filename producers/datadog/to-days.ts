import { splitAmount } from '../../attribution/split.ts';
import { addDays } from '../../schemas/day.ts';
import type { Amount, Day } from '../../schemas/scalars.ts';

/** What a day cost. */
export interface DayCostPart {
  readonly day: Day;
  readonly cost: Amount;
  /** How many days the cost was spread over: above 1 where the source told of the last of them only. */
  readonly spreadDays: number;
}

/**
 * Turns what had been spent by the end of days into what each day cost: the difference to the day told before, negative
 * where the source took something back. Where days are missing between two that were told, the difference is spread over
 * them evenly, by the split of allocation.md section 5 with ties to the earlier day. The days add up exactly to the last
 * value.
 *
 * @param before the day by whose end nothing had been spent
 * @param told by day, in ascending order, all after `before`
 */
export function toDays(before: Day, told: readonly (readonly [day: Day, spent: Amount])[]): DayCostPart[] {
  const parts: DayCostPart[] = [];
  let from = before;
  let spentBefore = 0n;
  for (const [day, spent] of told) {
    const spreadDays = day - from;
    const evenly = new Array<bigint>(spreadDays).fill(1n);
    for (const [index, cost] of splitAmount(spent - spentBefore, evenly).entries()) {
      parts.push({ day: addDays(from, index + 1), cost: cost as Amount, spreadDays });
    }
    from = day;
    spentBefore = spent;
  }
  return parts;
}
