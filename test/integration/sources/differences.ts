import assert from 'node:assert/strict';
import type { Pool } from 'pg';
import { parseAmount } from '../../../attribution/amount.ts';
import { moneyText, sameMoney, sumMoney } from '../../../operations/money.ts';
import { readStatements, statedDays } from '../../../operations/read-statements.ts';
import { type DayRange, formatDay } from '../../../schemas/day.ts';
import type { Amount } from '../../../schemas/scalars.ts';
import type { Money } from '../../../schemas/statement.ts';
import { placeOf } from './platform.ts';
import type { PlayedSource } from './played-source.ts';
import { standingCharges, standingQuantities } from './standing-in-postgres.ts';

/** Where Postgres differs from what the sources say, in sentences. */
export async function differencesIn(
  pool: Pool,
  range: DayRange,
  sources: readonly PlayedSource[],
): Promise<readonly string[]> {
  const charges = chargesOf(sources);
  const sums = new Map([...charges].map(([key, texts]) => [key, moneyText(sumMoney(texts.map(moneyOf)))]));
  return [
    ...differences('charges', charges, await standingCharges(pool)),
    ...differences('usage', quantitiesOf(sources), await standingQuantities(pool)),
    ...differences('statement', sums, await statedSums(pool, range)),
  ];
}

/** By `source account day`; days without any are left out. */
function chargesOf(sources: readonly PlayedSource[]): ReadonlyMap<string, readonly string[]> {
  const told = sources.flatMap(({ truth }) => [...truth]);
  return new Map(told.flatMap(([key, said]) => (typeof said === 'number' || said.length === 0 ? [] : [[key, said]])));
}

/** The two amounts of a charge's text. */
function moneyOf(text: string): Money {
  const [billed, effective] = text
    .split(' ')
    .slice(-3)
    .map((amount) => parseAmount(amount) as Amount);
  assert.ok(billed !== undefined && effective !== undefined, text);
  return { billed, effective };
}

/** Over all days, where the platform's catalog and settings put it. */
function quantitiesOf(sources: readonly PlayedSource[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const [key, said] of sources.flatMap(({ truth }) => [...truth])) {
    if (typeof said !== 'number') continue;
    const [, meter = '', tenant = '', product = '', cluster = '', namespace = '', owner = ''] = JSON.parse(key);
    const place = placeOf({ tenant, product, cluster, namespace, owner });
    const sum = JSON.stringify([meter, place.tenant, place.product, place.cluster, place.namespace]);
    sums.set(sum, (sums.get(sum) ?? 0) + said);
  }
  return sums;
}

/** What each statement says that came in, all of which must have gone somewhere. */
async function statedSums(pool: Pool, range: DayRange): Promise<ReadonlyMap<string, string>> {
  const sums = new Map<string, string>();
  for (const day of await statedDays(pool, range)) {
    for (const { currency, sources } of await readStatements(pool, day)) {
      assert.equal(currency, 'USD');
      for (const { source, account, in: came, allocated, covered, held, unallocated, difference } of sources) {
        const key = `${source} ${account} ${formatDay(day)}`;
        const went = sumMoney([allocated, covered, held, ...Object.values(unallocated)]);
        assert.ok(sameMoney(came, went), `${key}: in ${moneyText(came)}, out ${moneyText(went)}`);
        assert.ok(sameMoney(difference, sumMoney([])), `${key}: difference ${moneyText(difference)}`);
        sums.set(key, moneyText(came));
      }
    }
  }
  return sums;
}

function differences(what: string, expected: ReadonlyMap<string, unknown>, actual: ReadonlyMap<string, unknown>) {
  const keys = [...new Set([...expected.keys(), ...actual.keys()])].sort();
  return keys.flatMap((key) => {
    const [told, stands] = [expected, actual].map((side) => JSON.stringify(side.get(key)));
    return told === stands ? [] : [`${what} of ${key}: ${stands} stands, and the source says ${told}`];
  });
}
