import { AMOUNT_SCALE, type Amount } from '../schemas/scalars.ts';
import { divideHalfEven } from './split.ts';

/** Why a text is not an amount, in a sentence that names the text. */
export interface AmountFault {
  readonly fault: string;
}

/** A decimal number, exactly: `digits * 10^-scale`, scale at least 0. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

export const ZERO = 0n as Amount;

/** Exponents beyond this are a mistake, and would make numbers of absurd length. */
const MAX_EXPONENT = 400;
const MAX_TEXT_LENGTH = 1000;
/** What Avro `decimal(38,12)` and Postgres `NUMERIC(38,12)` hold. */
const LIMIT = 10n ** 38n;
/** At least one digit before or after the point. */
const DECIMAL = /^(?<sign>[+-]?)(?=\.?\d)(?<whole>\d*)\.?(?<fraction>\d*)(?:[eE](?<exponent>[+-]?\d+))?$/;

interface DecimalGroups {
  readonly sign: string;
  readonly whole: string;
  readonly fraction: string;
  readonly exponent?: string;
}

/**
 * Reads decimal text such as `-12.5`, `1E-7`, `.5`, `5.` or `+3`. More than 12 decimals round half to even.
 * Anything but text is refused (a JSON number has been through a double already), and so are blanks, exponents beyond
 * 400, and what 38 digits with 12 decimals cannot hold.
 */
export function parseAmount(text: unknown): Amount | AmountFault {
  const decimal = parseDecimal(text);
  if ('fault' in decimal) return decimal;
  const units = rescale(decimal);
  if (units >= LIMIT || units <= -LIMIT) {
    return { fault: `${quoted(text)} is too large: an amount has at most 26 digits before the point.` };
  }
  return units as Amount;
}

/** Writes the canonical decimal text: no exponent, no `+`, no trailing zeros after the point, `0` for zero. */
export function formatAmount(amount: Amount): string {
  return formatDecimal({ digits: amount, scale: AMOUNT_SCALE });
}

/** Converts an amount by a rate, half to even at 12 decimals. */
export function convertAmount(amount: Amount, rate: Decimal): Amount {
  return divideHalfEven(amount * rate.digits, powerOfTen(rate.scale)) as Amount;
}

/** Reads the decimal texts that `parseAmount` reads, without rounding. */
export function parseDecimal(text: unknown): Decimal | AmountFault {
  if (typeof text !== 'string') {
    return { fault: `${String(text)} is not decimal text: write it in quotes, so that no digit is lost.` };
  }
  const groups = text.length > MAX_TEXT_LENGTH ? undefined : DECIMAL.exec(text)?.groups;
  if (groups === undefined) return { fault: `${quoted(text)} is not decimal text such as "12.5".` };
  const { sign, whole, fraction, exponent = '0' } = groups as unknown as DecimalGroups;
  const shift = Number(exponent);
  if (Math.abs(shift) > MAX_EXPONENT) return { fault: `${quoted(text)} has an exponent beyond ${MAX_EXPONENT}.` };
  const scale = fraction.length - shift;
  return { digits: BigInt(`${sign}${whole}${fraction}`) * powerOfTen(-scale), scale: Math.max(scale, 0) };
}

/** Writes a decimal as canonical decimal text. */
export function formatDecimal({ digits, scale }: Decimal): string {
  if (digits < 0n) return `-${formatDecimal({ digits: -digits, scale })}`;
  const text = digits.toString().padStart(scale + 1, '0');
  const point = text.length - scale;
  let end = text.length;
  while (end > point && text.charCodeAt(end - 1) === ZERO_DIGIT) end--;
  return end === point ? text.slice(0, point) : `${text.slice(0, point)}.${text.slice(point, end)}`;
}

/**
 * Reads a weight or a share: a decimal of at most 12 decimals, not below zero, scaled by 10^12 to a whole number.
 * More decimals are refused rather than rounded: a weight is exact or it is a mistake.
 */
export function parseWeight(text: string): bigint | AmountFault {
  const decimal = parseDecimal(text);
  if ('fault' in decimal) return decimal;
  const units = rescale(decimal);
  if (units * powerOfTen(decimal.scale) !== decimal.digits * powerOfTen(AMOUNT_SCALE)) {
    return { fault: `${quoted(text)} has more than ${AMOUNT_SCALE} decimals.` };
  }
  if (units < 0n) return { fault: `${quoted(text)} is below zero.` };
  return units;
}

const ZERO_DIGIT = 48;

/** A decimal in units of 10^-12, half to even. */
function rescale({ digits, scale }: Decimal): bigint {
  return divideHalfEven(digits * powerOfTen(AMOUNT_SCALE - scale), powerOfTen(scale - AMOUNT_SCALE));
}

/** 10^exponent, and 1 for every exponent below zero. */
function powerOfTen(exponent: number): bigint {
  return 10n ** BigInt(Math.max(exponent, 0));
}

function quoted(text: unknown): string {
  const whole = JSON.stringify(text);
  return whole.length > 80 ? `${whole.slice(0, 80)}…` : whole;
}
