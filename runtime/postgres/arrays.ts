/**
 * Columns of values as Postgres arrays in binary format, for `unnest`: cheaper than array literals for both sides, and
 * nothing to quote. pg sends a parameter that is a Buffer as binary.
 * Formats: `array_recv`, `numeric_recv`, `date_recv`, `timestamptz_recv` of Postgres.
 */
import { dayOf } from '../../schemas/day.ts';

/** Texts. None may contain U+0000, which Postgres does not know. */
export function textArray(values: readonly (string | null)[]): Buffer {
  return arrayOf(OID.text, values, (writer, text) => writer.text(text));
}

/** Whole numbers of 32 bits. */
export function intArray(values: readonly (number | null)[]): Buffer {
  return arrayOf(OID.int4, values, (writer, value) => writer.int32(value));
}

/** Whole numbers as far as a JavaScript number is exact. */
export function bigintArray(values: readonly (number | null)[]): Buffer {
  return arrayOf(OID.int8, values, (writer, value) => writer.int64(BigInt(value)));
}

/** Days since 1970-01-01. */
export function dateArray(values: readonly (number | null)[]): Buffer {
  return arrayOf(OID.date, values, (writer, day) => writer.int32(day - EPOCH_DAY));
}

/** Milliseconds since 1970-01-01T00:00:00Z. */
export function timestamptzArray(values: readonly (number | null)[]): Buffer {
  return arrayOf(OID.timestamptz, values, (writer, ms) => writer.int64(BigInt(ms - EPOCH_MS) * 1000n));
}

/** Decimals as whole numbers of 10^-scale. The scale is a multiple of 4. */
export function numericArray(values: readonly (bigint | null)[], scale: number): Buffer {
  return arrayOf(OID.numeric, values, (writer, units) => writer.numeric(units, scale));
}

/** Bytes. */
export function byteaArray(values: readonly (Buffer | null)[]): Buffer {
  return arrayOf(OID.bytea, values, (writer, bytes) => writer.bytes(bytes));
}

/** Element types, as in `pg_type.dat`. */
const OID = { bytea: 17, int8: 20, int4: 23, text: 25, date: 1082, timestamptz: 1184, numeric: 1700 } as const;

/** Postgres counts days and instants from 2000-01-01. */
const EPOCH_MS = Date.UTC(2000, 0, 1);
const EPOCH_DAY = dayOf(EPOCH_MS);

const HEADER_BYTES = 20;
/** Decimals that one digit of a NUMERIC holds. */
const NUMERIC_DIGIT = 4;
const NEGATIVE = 0x4000;

function arrayOf<T>(oid: number, values: readonly (T | null)[], write: (writer: Writer, value: T) => void): Buffer {
  const writer = new Writer(HEADER_BYTES + values.length * 16);
  writer.header(oid, values.length);
  for (const value of values) {
    if (value === null) writer.null();
    else write(writer, value);
  }
  return writer.done();
}

/** Writes elements one after the other, each with its length before it. */
class Writer {
  #buffer: Buffer;
  #at = 0;

  constructor(capacity: number) {
    this.#buffer = Buffer.allocUnsafe(capacity);
  }

  /** One dimension that counts from 1. Says that there may be nulls, which costs nothing where there are none. */
  header(oid: number, length: number): void {
    for (const field of [1, 1, oid, length, 1]) this.#at = this.#buffer.writeInt32BE(field, this.#at);
  }

  null(): void {
    this.#reserve(0);
    this.#at = this.#buffer.writeInt32BE(-1, this.#at);
  }

  int32(value: number): void {
    this.#reserve(4);
    this.#at = this.#buffer.writeInt32BE(4, this.#at);
    this.#at = this.#buffer.writeInt32BE(value, this.#at);
  }

  int64(value: bigint): void {
    this.#reserve(8);
    this.#at = this.#buffer.writeInt32BE(8, this.#at);
    this.#at = this.#buffer.writeBigInt64BE(value, this.#at);
  }

  text(text: string): void {
    this.#reserve(text.length * 3);
    const length = this.#buffer.write(text, this.#at + 4);
    this.#at = this.#buffer.writeInt32BE(length, this.#at) + length;
  }

  bytes(bytes: Buffer): void {
    this.#reserve(bytes.length);
    this.#at = this.#buffer.writeInt32BE(bytes.length, this.#at);
    this.#at += bytes.copy(this.#buffer, this.#at);
  }

  numeric(units: bigint, scale: number): void {
    const size = (units < 0n ? -units : units).toString();
    const digits = Math.ceil(size.length / NUMERIC_DIGIT);
    this.#reserve(8 + 2 * digits);
    const head = [digits, digits - scale / NUMERIC_DIGIT - 1, units < 0n ? NEGATIVE : 0, scale];
    this.#at = this.#buffer.writeInt32BE(8 + 2 * digits, this.#at);
    for (const field of head) this.#at = this.#buffer.writeInt16BE(field, this.#at);
    for (let rest = digits; rest > 0; rest--) {
      const end = size.length - (rest - 1) * NUMERIC_DIGIT;
      const digit = Number(size.slice(Math.max(0, end - NUMERIC_DIGIT), end));
      this.#at = this.#buffer.writeInt16BE(digit, this.#at);
    }
  }

  done(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  /** Makes room for an element of so many bytes and its length. */
  #reserve(bytes: number): void {
    const needed = this.#at + 4 + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}
