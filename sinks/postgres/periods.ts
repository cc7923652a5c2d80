import { addDays, DAY_MS, dayOf } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';

/** 1970-01-01 was a Thursday: three days after a Monday. */
const EPOCH_WEEKDAY = 3;

/** The Monday of the ISO week that a day lies in. */
export function weekOf(day: Day): Day {
  const weekday = (((day + EPOCH_WEEKDAY) % 7) + 7) % 7;
  return addDays(day, -weekday);
}

/** The first day of the month that a day lies in. */
export function monthOf(day: Day): Day {
  const date = new Date(day * DAY_MS);
  return dayOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1));
}
