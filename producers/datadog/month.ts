import { addDays, formatDay, startOf } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';

/** A calendar month, UTC. */
export interface Month {
  /** `YYYY-MM` */
  readonly text: string;
  readonly first: Day;
  readonly last: Day;
}

/** The month that a day lies in. */
export function monthOf(day: Day): Month {
  const date = new Date(startOf(day));
  const first = addDays(day, 1 - date.getUTCDate());
  const days = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  return { text: formatDay(day).slice(0, 7), first, last: addDays(first, days - 1) };
}

/** The month before. */
export function monthBefore({ first }: Month): Month {
  return monthOf(addDays(first, -1));
}
