import { parseAmount } from '../attribution/amount.ts';
import type { Amount } from '../schemas/scalars.ts';

/**
 * Reads an amount as Postgres writes a NUMERIC.
 *
 * @throws Error when the text is no amount: the database holds what the sink never writes.
 */
export function storedAmount(text: string): Amount {
  const amount = parseAmount(text);
  if (typeof amount !== 'bigint') throw new Error(`Postgres holds '${text}' where an amount belongs.`);
  return amount;
}
