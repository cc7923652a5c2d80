/** How values of records are written for Postgres. */
import { formatDecimal } from '../../attribution/amount.ts';
import { formatDay } from '../../schemas/day.ts';
import { AMOUNT_SCALE, type Day, type Instant } from '../../schemas/scalars.ts';

export function dateText(day: Day): string {
  return formatDay(day);
}

export function timestampText(instant: Instant): string {
  return new Date(instant).toISOString();
}

/** An amount or a sum of amounts: units of 10^-12. */
export function numericText(units: bigint): string {
  return formatDecimal({ digits: units, scale: AMOUNT_SCALE });
}

/** Reads the text of a NUMERIC with at most twelve decimals as units of 10^-12. */
export function unitsOf(text: string): bigint {
  const [whole = '', decimals = ''] = text.split('.');
  return BigInt(whole + decimals.padEnd(AMOUNT_SCALE, '0'));
}
