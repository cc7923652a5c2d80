import { ApportionError } from '../runtime/errors.ts';
import { type DayRange, formatDay, parseDay } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';

/**
 * Reads `--from` and `--to`.
 *
 * @throws ApportionError `invalid_day` for a text that is no day, `empty_range` when `to` lies before `from`.
 */
export function selectDays(from: string, to: string): DayRange {
  const range = { from: dayFrom('--from', from), to: dayFrom('--to', to) };
  if (range.to < range.from) {
    throw new ApportionError(
      'empty_range',
      `--to ${formatDay(range.to)} lies before --from ${formatDay(range.from)}.`,
      'Both days are included: give the earlier one first.',
    );
  }
  return range;
}

/** Reads one day given to an option. */
export function dayFrom(option: string, text: string): Day {
  const day = parseDay(text);
  if (day === null) {
    throw new ApportionError('invalid_day', `${option} '${text}' is not a day.`, 'Write it as YYYY-MM-DD.');
  }
  return day;
}
