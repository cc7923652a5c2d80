import { formatAmount } from '../attribution/amount.ts';
import type { Column } from '../runtime/terminal/table.ts';
import type { Amount } from '../schemas/scalars.ts';

/** Columns of an amount before and after: fill them with `changeCells`. */
export function changeColumns(amount: 'billed' | 'effective'): readonly Column[] {
  return [
    { title: `${amount} before`, align: 'right' },
    { title: 'after', align: 'right' },
    { title: 'change', align: 'right' },
    { title: '' },
  ];
}

/** Both amounts, the change with its sign, and the currency. */
export function changeCells(before: Amount, after: Amount, currency: string): readonly string[] {
  return [formatAmount(before), formatAmount(after), signedAmount((after - before) as Amount), currency];
}

/** A change as people read it: what is gained has a plus. */
export function signedAmount(change: Amount): string {
  return `${change > 0n ? '+' : ''}${formatAmount(change)}`;
}
