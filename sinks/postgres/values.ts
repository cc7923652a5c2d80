/** How amounts are written for Postgres and read from it. */
import { formatDecimal } from '../../attribution/amount.ts';
import { numericArray } from '../../runtime/postgres/arrays.ts';
import { AMOUNT_SCALE } from '../../schemas/scalars.ts';

/** A column of amounts, or of sums of amounts: units of 10^-12. */
export function amountArray(units: readonly bigint[]): Buffer {
  return numericArray(units, AMOUNT_SCALE);
}

/** An amount, or a sum of amounts, as text. */
export function numericText(units: bigint): string {
  return formatDecimal({ digits: units, scale: AMOUNT_SCALE });
}

/** Reads the text of a NUMERIC with at most twelve decimals as units of 10^-12. */
export function unitsOf(text: string): bigint {
  const [whole = '', decimals = ''] = text.split('.');
  return BigInt(whole + decimals.padEnd(AMOUNT_SCALE, '0'));
}
