import type { SchemaElement } from 'hyparquet';
import { formatDecimal } from '../../attribution/amount.ts';

/**
 * How a value of Parquet becomes the text that the same export would have as CSV, see
 * https://github.com/apache/parquet-format/blob/master/LogicalTypes.md.
 */
export interface TextOfColumn {
  /** The column as hyparquet is to see it: without what makes it round decimals, times and whole numbers to doubles. */
  readonly element: SchemaElement;
  /** The value as hyparquet then reads it, never null, as text. */
  readonly toText: (value: unknown) => string;
}

/**
 * Every digit stays: decimals are written out from their whole number and scale; a double is written as the shortest
 * text that is read back as the same double, which is the text that an exporter had before it made a double of it
 * as long as that had 15 digits at most. Null where the type says nothing that a FOCUS column could hold.
 */
export function textOfColumn(element: SchemaElement): TextOfColumn | null {
  const { converted_type: converted, logical_type: logical, ...plain } = element;
  const as = (toText: TextOfColumn['toText']): TextOfColumn => ({ element: plain, toText });
  const kind = logical?.type ?? converted;
  if (kind === 'DECIMAL') {
    const scale = (logical?.type === 'DECIMAL' ? logical.scale : element.scale) ?? 0;
    return scale >= 0 && scale <= MAX_SCALE ? as((value) => decimalText(value, scale)) : null;
  }
  switch (element.type) {
    case 'BOOLEAN':
      return as(String);
    case 'INT32':
      if (kind === 'DATE')
        return as((days) => timeText(BigInt(Number(days)) * 86_400n, 1n).slice(0, 'YYYY-MM-DD'.length));
      return as(isUnsigned(element) ? (value) => String(Number(value) >>> 0) : String);
    case 'INT64': {
      const ticks = ticksPerSecond(element);
      if (ticks !== null) return as((value) => timeText(wholeNumber(value), ticks));
      return as(isUnsigned(element) ? (value) => String(BigInt.asUintN(64, wholeNumber(value))) : String);
    }
    case 'INT96':
      // hyparquet reads the day and the nanoseconds of the day into nanoseconds since 1970.
      return as((value) => timeText(wholeNumber(value), NANOS));
    case 'FLOAT':
      return as((value) => shortestFloat(Number(value)));
    case 'DOUBLE':
      return as(String);
    case 'BYTE_ARRAY':
      // Older writers mark texts by nothing; JSON and enumerations are texts with a promise.
      return { element: { ...plain, converted_type: 'UTF8' }, toText: String };
    default:
      return null;
  }
}

/** A decimal of 76 digits takes 32 bytes: nothing writes longer ones. */
const MAX_SCALE = 76;
const MAX_DECIMAL_BYTES = 32;
const NANOS = 1_000_000_000n;
const TICKS = { MILLIS: 1_000n, MICROS: 1_000_000n, NANOS } as const;
/** The last second that `Date` knows. */
const MAX_SECONDS = 8_640_000_000_000n;

function isUnsigned({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return logical?.type === 'INTEGER' ? !logical.isSigned : (converted?.startsWith('UINT_') ?? false);
}

function ticksPerSecond({ converted_type: converted, logical_type: logical }: SchemaElement): bigint | null {
  if (logical?.type === 'TIMESTAMP') return TICKS[logical.unit];
  if (converted === 'TIMESTAMP_MILLIS') return TICKS.MILLIS;
  return converted === 'TIMESTAMP_MICROS' ? TICKS.MICROS : null;
}

function wholeNumber(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  throw new Error(`${String(value)} stands where a whole number belongs`);
}

function decimalText(value: unknown, scale: number): string {
  const digits = value instanceof Uint8Array ? bigEndian(value) : wholeNumber(value);
  return formatDecimal({ digits, scale });
}

/** Two's complement, the highest byte first; zero may have no byte. */
function bigEndian(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  if (bytes.length > MAX_DECIMAL_BYTES) throw new Error(`a decimal has ${bytes.length} bytes`);
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}

/** UTC. A time beyond the calendar stays the number that it is, which no column reads as a time. */
function timeText(ticks: bigint, perSecond: bigint): string {
  const rest = ((ticks % perSecond) + perSecond) % perSecond;
  const seconds = (ticks - rest) / perSecond;
  if (seconds > MAX_SECONDS || seconds < -MAX_SECONDS) return String(ticks);
  const fraction = String(perSecond + rest).slice(1);
  const text = new Date(Number(seconds) * 1000).toISOString().replace(/\.000Z$/, '');
  return `${text}${fraction === '' ? '' : `.${fraction}`}Z`;
}

/** The shortest text that is read back as the same number of 32 bits. */
function shortestFloat(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(Number(value.toPrecision(9)));
}
