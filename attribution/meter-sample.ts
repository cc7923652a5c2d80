import type { Day, Instant } from '../schemas/scalars.ts';
import { splitCall } from './meter-call.ts';
import { splitAmount } from './split.ts';

/** What a sample gives to one UTC day. */
export interface SamplePart {
  readonly day: Day;
  /** In the meter's base unit. */
  readonly quantity: number;
}

/**
 * Splits a sample's quantity over the UTC days that its window touches, in proportion to time, by largest remainder;
 * equal remainders go to the earlier day. A window without length gives all to its day. Days that are reached with
 * nothing are listed with 0. The parts add up to the quantity.
 *
 * @param windowEnd not before `windowStart`
 * @param quantity a non-negative integer, at most `MAX_SAMPLE_QUANTITY`
 */
export function splitSample(windowStart: Instant, windowEnd: Instant, quantity: number): readonly SamplePart[] {
  const days = splitCall(windowStart, windowEnd);
  const [first] = days;
  if (first !== undefined && days.length === 1) return [{ day: first.day, quantity }];
  const quantities = splitAmount(
    BigInt(quantity),
    days.map(({ ms }) => BigInt(ms)),
  );
  return days.map(({ day }, i) => ({ day, quantity: Number(quantities[i]) }));
}
