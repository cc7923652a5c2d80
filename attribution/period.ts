import type { Period } from '../schemas/catalog.ts';
import { parseDay } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';

/** Days from `from` (inclusive) to `to` (exclusive); null is an open end. */
export interface DayRange {
  readonly from: Day | null;
  readonly to: Day | null;
}

/** The days of a period whose texts have been checked. */
export function rangeOf(period: Period): DayRange {
  return {
    from: period.from === undefined ? null : parseDay(period.from),
    to: period.to === undefined ? null : parseDay(period.to),
  };
}

/** Whether a range includes a day. */
export function includes(range: DayRange, day: Day): boolean {
  return (range.from === null || range.from <= day) && (range.to === null || day < range.to);
}
