import { ZERO } from '../../attribution/amount.ts';
import { addDays, dayOf } from '../../schemas/day.ts';
import type { Amount, Day } from '../../schemas/scalars.ts';
import type { Charge, OrgCost } from './api.ts';
import { type DayCostPart, toDays } from './to-days.ts';

/** What one product cost an organisation on a day. */
export interface DayCharge extends DayCostPart {
  readonly product: string;
  readonly chargeType: string;
}

/**
 * What each day of a month cost, from rows that tell what had been spent by the end of days. A row tells of all products:
 * one that is missing had cost nothing before it first came, and was not told of between two rows that have it. One that
 * does not come back was taken back as a whole, unless the rows are so young that it may come yet: then its days wait.
 * So the charges of the days add up to the last row, and while products are awaited, to the last rows that told of them.
 *
 * @param rows of one organisation and month, in order of time
 * @param first of the month
 * @param completeBefore the rows of earlier days are complete
 */
export function dayCharges(rows: readonly OrgCost[], first: Day, completeBefore: Day): DayCharge[] {
  // Of two rows of a day the later one stands.
  const sums = new Map(eitherPartsOrTotal(rows).map((row) => [dayOf(row.at), sumsOf(row.charges)]));
  const days = [...sums.keys()];
  const keys = new Set([...sums.values()].flatMap((row) => [...row.keys()]));
  return [...keys].flatMap((key) => {
    const told = days.flatMap((day) => {
      const spent = sums.get(day)?.get(key);
      return spent === undefined ? [] : [[day, spent] as const];
    });
    const [start, end] = [told[0]?.[0] ?? first, told.at(-1)?.[0] ?? first];
    const before = days.findLast((day) => day < start) ?? addDays(first, -1);
    const gone = days.find((day) => day > end);
    if (gone !== undefined && gone < completeBefore) told.push([gone, ZERO]);
    const [product, chargeType] = partsOfKey(key);
    return toDays(before, told).map((part) => ({ ...part, product, chargeType }));
  });
}

/**
 * The rows with each product either in parts or as its total, never both, and the same in all of them: in parts where
 * every row has them.
 */
export function eitherPartsOrTotal(rows: readonly OrgCost[]): readonly OrgCost[] {
  const onlyTotal = new Set(rows.flatMap(({ charges }) => withoutParts(charges)));
  return rows.map((row) => {
    const totals = new Set(row.charges.filter(isTotal).map(({ product }) => product));
    const charges = row.charges.flatMap((charge) => {
      if (!onlyTotal.has(charge.product)) return isTotal(charge) ? [] : [charge];
      if (!totals.has(charge.product)) return [{ ...charge, chargeType: TOTAL }];
      return isTotal(charge) ? [charge] : [];
    });
    return { ...row, charges };
  });
}

const TOTAL = 'total';

function isTotal({ chargeType }: Charge): boolean {
  return chargeType === TOTAL;
}

/** Products that these charges have a total of, and no part. */
function withoutParts(charges: readonly Charge[]): readonly string[] {
  const inParts = new Set(charges.filter((each) => !isTotal(each)).map(({ product }) => product));
  return charges.filter((each) => isTotal(each) && !inParts.has(each.product)).map(({ product }) => product);
}

/** The same product and type may come several times in one row. */
function sumsOf(charges: readonly Charge[]): ReadonlyMap<string, Amount> {
  const sums = new Map<string, Amount>();
  for (const { product, chargeType, cost } of charges) {
    const key = JSON.stringify([product, chargeType]);
    sums.set(key, ((sums.get(key) ?? 0n) + cost) as Amount);
  }
  return sums;
}

function partsOfKey(key: string): readonly [product: string, chargeType: string] {
  return JSON.parse(key) as [string, string];
}
