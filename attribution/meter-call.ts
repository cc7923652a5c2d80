import { DAY_MS, dayOf, startOf } from '../schemas/day.ts';
import type { Day, Instant } from '../schemas/scalars.ts';

/** What a call gives to one UTC day. */
export interface CallPart {
  readonly day: Day;
  readonly ms: number;
  /** 1 on the day that the call began, else 0. */
  readonly count: 0 | 1;
}

/**
 * Splits a call at UTC midnights: its milliseconds go to each day that it touches, and it counts on its start day.
 * A call that ends at midnight does not touch the day that begins there; one without length touches its start day.
 * The milliseconds add up to the call's duration.
 *
 * @param endedAt not before `startedAt`
 */
export function splitCall(startedAt: Instant, endedAt: Instant): readonly CallPart[] {
  const first = dayOf(startedAt);
  const last = lastDayOf(startedAt, endedAt);
  const parts: CallPart[] = [];
  for (let day = first; day <= last; day++) {
    const ms = Math.min(endedAt, startOf(day) + DAY_MS) - Math.max(startedAt, startOf(day));
    parts.push({ day, ms, count: day === first ? 1 : 0 });
  }
  return parts;
}

/** The last UTC day that the half-open time from `start` to `end` touches; the start's day when it has no length. */
export function lastDayOf(start: Instant, end: Instant): Day {
  return end > start ? dayOf(end - 1) : dayOf(start);
}
