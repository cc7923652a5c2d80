/**
 * The fields of JSON lines. An absent field reaches them as undefined; a null is never the same as absent.
 */
import { LosslessNumber } from 'lossless-json';
import { z } from 'zod';
import { parseAmount } from '../../attribution/amount.ts';
import { parseDay } from '../../schemas/day.ts';
import type { Amount, Day, Instant } from '../../schemas/scalars.ts';
import { parseInstant } from './instant.ts';
import { jsonTypeOf } from './parse-json.ts';

/** A required text. */
export const text = field<string>('a text', wellFormed);

/** A text that is `fallback` when absent. */
export const textOr = (fallback: string) => optionalField<string>('a text', wellFormed, fallback);

/** A required ISO 8601 instant with `Z`. */
export const instant = field<Instant>('an instant such as 2026-05-09T07:30:00.000Z', parseInstant);

/** A required day. */
export const day = field<Day>('a day such as 2026-05-09', parseDay);

/** A required amount of money, as decimal text. */
export const amount = z.unknown().transform(readAmount);

/** An amount that may be absent: null then. */
export const amountOrNull = z
  .unknown()
  .optional()
  .transform((value, context): Amount | null => (value === undefined ? null : readAmount(value, context)));

/** A required integer without sign, as a JSON number. */
export const count = z.unknown().transform((value, context): number => {
  if (value instanceof LosslessNumber && /^\d{1,16}$/.test(value.value)) return Number(value.value);
  const found = value instanceof LosslessNumber ? value.value : describe(value);
  return refuse(context, `expected a JSON integer that is not negative, found ${found}`);
});

/** Texts by name; none when absent. */
export const tags = z
  .unknown()
  .optional()
  .transform((value, context): Readonly<Record<string, string>> => {
    if (value === undefined) return {};
    if (!isObject(value)) return refuse(context, `expected a JSON object of texts, found ${describe(value)}`);
    const texts = Object.entries(value).map(([name, tag]): [string, string] => {
      const known = wellFormed(name) !== null && typeof tag === 'string' && wellFormed(tag) !== null;
      return [name, known ? tag : refuse(context, `expected a text for "${name}", found ${describe(tag)}`)];
    });
    return Object.fromEntries(texts);
  });

/** A JSON object of the shape. To zod alone, a `LosslessNumber` would be an object too. */
export function object<T>(shape: z.ZodType<T, object>) {
  return z
    .unknown()
    .transform((value, context) => (isObject(value) ? value : refuse(context, notObject(value))))
    .pipe(shape);
}

/** Reads what a text says; null when it does not say it. */
type ReadText<T> = (text: string) => T | null;

function field<T>(expected: string, read: ReadText<T>) {
  return z.unknown().transform((value, context): T => readField(value, context, expected, read));
}

function optionalField<T>(expected: string, read: ReadText<T>, fallback: T) {
  return z
    .unknown()
    .optional()
    .transform((value, context): T => (value === undefined ? fallback : readField(value, context, expected, read)));
}

function readField<T>(value: unknown, context: z.RefinementCtx, expected: string, read: ReadText<T>): T {
  const result = typeof value === 'string' ? read(value) : null;
  return result ?? refuse(context, `expected ${expected}, found ${describe(value)}`);
}

function readAmount(value: unknown, context: z.RefinementCtx): Amount {
  if (value instanceof LosslessNumber) {
    return refuse(context, `amounts are decimal text in quotes ("${value.value}"), found a JSON number`);
  }
  if (typeof value !== 'string') return refuse(context, `expected an amount as decimal text, found ${describe(value)}`);
  const result = parseAmount(value);
  return typeof result === 'bigint' ? result : refuse(context, result.fault);
}

function isObject(value: unknown): value is object {
  return jsonTypeOf(value) === 'an object';
}

function notObject(value: unknown): string {
  return `expected a JSON object, found ${describe(value)}`;
}

function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message: message.replace(/\.$/, '') });
  return z.NEVER;
}

/** Half of a surrogate pair cannot be written as UTF-8: it would come back as another text. */
function wellFormed(value: string): string | null {
  return value.isWellFormed() ? value : null;
}

const MAX_SHOWN = 60;

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value !== 'string') return jsonTypeOf(value);
  const shown = JSON.stringify(value);
  return shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown;
}
