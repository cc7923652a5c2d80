import type { DayRange } from '../attribution/period.ts';
import { addDays, formatDay } from '../schemas/day.ts';
import type { CatalogDifference } from './apply-catalog.ts';

/** What applying a catalog changes, a line each, and which days it touches, the last ones included. */
export function catalogDifferenceText({ differs, changes, touches }: CatalogDifference): string {
  if (!differs) return 'Nothing changes: this catalog is in force already.';
  const days = touches.length === 0 ? 'no day' : touches.map(rangeText).join('; ');
  return [...changes, `Touches: ${days}.`].join('\n');
}

function rangeText({ from, to }: DayRange): string {
  const last = to === null ? null : formatDay(addDays(to, -1));
  if (from === null) return last === null ? 'all days' : `days up to ${last}`;
  if (last === null) return `days from ${formatDay(from)} on`;
  return last === formatDay(from) ? last : `days ${formatDay(from)} to ${last}`;
}
