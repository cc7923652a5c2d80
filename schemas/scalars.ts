/**
 * The scalar types that every record shares, and how Avro writes them.
 */

declare const brand: unique symbol;

/** Money: a whole number of 10^-12 units of its currency. Made by `parseAmount` in attribution/amount.ts only. */
export type Amount = bigint & { readonly [brand]: 'Amount' };

/** A UTC calendar day, half-open, as days since 1970-01-01. Made by `parseDay` and `dayOf` in schemas/day.ts only. */
export type Day = number & { readonly [brand]: 'Day' };

/** An instant in milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

/** Decimal places of an `Amount`. */
export const AMOUNT_SCALE = 12;

/** Avro of an `Amount`: big-endian two's complement of the unscaled value. */
export const amountAvro = {
  type: 'bytes',
  logicalType: 'decimal',
  precision: 38,
  scale: AMOUNT_SCALE,
} as const;

/** Avro of a whole number without a limit at 2^63 (sums of usage). In TypeScript a `bigint`. */
export const integerAvro = {
  type: 'bytes',
  logicalType: 'decimal',
  precision: 38,
  scale: 0,
} as const;

/** Avro of a `Day`. */
export const dayAvro = { type: 'int', logicalType: 'date' } as const;

/** Avro of an `Instant`. */
export const instantAvro = { type: 'long', logicalType: 'timestamp-millis' } as const;
