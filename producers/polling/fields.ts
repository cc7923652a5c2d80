/** The fields of what sources answer, and of settings, for zod. Numbers reach them with all their digits, as `LosslessNumber`. */
import { LosslessNumber } from 'lossless-json';
import { z } from 'zod';
import { parseAmount } from '../../attribution/amount.ts';
import { parseDay } from '../../schemas/day.ts';
import type { Amount, Day, Instant } from '../../schemas/scalars.ts';

/** An amount of money, as decimal text or as a JSON number: whichever, all its digits count. */
export const money = z.unknown().transform((value, context): Amount => {
  const text = value instanceof LosslessNumber ? value.value : value;
  const amount = parseAmount(text);
  return typeof amount === 'bigint' ? amount : refuse(context, amount.fault);
});

/** An amount that may be absent or null: null then. */
export const moneyOrNull = z
  .unknown()
  .optional()
  .transform((value, context): Amount | null => {
    if (value === undefined || value === null) return null;
    const result = money.safeParse(value);
    return result.success ? result.data : refuse(context, result.error.issues[0]?.message ?? 'expected an amount');
  });

/** A text, or what stands in its place when it is absent or null. */
export const textOr = (fallback: string) =>
  z
    .string()
    .nullish()
    .transform((value) => value ?? fallback);

/** An RFC 3339 instant with any offset. */
export const instant = z.string().transform((text, context): Instant => {
  const ms = RFC_3339.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? refuse(context, `expected an RFC 3339 instant, found "${text.slice(0, 60)}"`) : ms;
});

/** A UTC day, `YYYY-MM-DD`. */
export const day = z.string().transform((text, context): Day => {
  return parseDay(text) ?? refuse(context, `expected a day YYYY-MM-DD, found "${text.slice(0, 60)}"`);
});

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message: message.replace(/\.$/, '') });
  return z.NEVER;
}
