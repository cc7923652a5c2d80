import { type DayRange, formatDay } from '../schemas/day.ts';

/** Says which days the topics have, to whoever asked for days that they do not have. */
export function extentText(extent: DayRange | null): string {
  return extent === null
    ? 'The topics are empty.'
    : `The topics have days from ${formatDay(extent.from)} to ${formatDay(extent.to)}.`;
}
