import type { Day, Instant } from './scalars.ts';

/** Milliseconds in a UTC day. */
export const DAY_MS = 86_400_000;

/** Days from `from` to `to`, both included. */
export interface DayRange {
  readonly from: Day;
  readonly to: Day;
}

const DAY_TEXT = /^(\d{4})-(\d{2})-(\d{2})$/;

/** Reads `YYYY-MM-DD`. Gives null for any other text, and for days that the calendar does not have. */
export function parseDay(text: string): Day | null {
  if (!DAY_TEXT.test(text)) return null;
  const ms = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text) return null;
  return (ms / DAY_MS) as Day;
}

/** Writes a day as `YYYY-MM-DD`. */
export function formatDay(day: Day): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** The UTC day that an instant lies in. */
export function dayOf(instant: Instant): Day {
  return Math.floor(instant / DAY_MS) as Day;
}

/** The first instant of a day. */
export function startOf(day: Day): Instant {
  return day * DAY_MS;
}

/** The day `count` days later (earlier when negative). */
export function addDays(day: Day, count: number): Day {
  return (day + count) as Day;
}
