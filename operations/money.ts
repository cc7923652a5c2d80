import { formatAmount, ZERO } from '../attribution/amount.ts';
import type { Amount } from '../schemas/scalars.ts';
import type { Money } from '../schemas/statement.ts';

/** Adds amounts of one currency. */
export function sumMoney(parts: Iterable<Money>): Money {
  let billed: bigint = ZERO;
  let effective: bigint = ZERO;
  for (const part of parts) {
    billed += part.billed;
    effective += part.effective;
  }
  return { billed: billed as Amount, effective: effective as Amount };
}

/** Whether both amounts are equal. */
export function sameMoney(a: Money, b: Money): boolean {
  return a.billed === b.billed && a.effective === b.effective;
}

/** Both amounts as people read them. */
export function moneyText(money: Money): string {
  return `billed ${formatAmount(money.billed)}, effective ${formatAmount(money.effective)}`;
}
