import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { startOf } from '../../schemas/day.ts';
import type { Amount, Day } from '../../schemas/scalars.ts';
import { adjustments } from './adjustments.ts';
import type { OrgCost } from './api.ts';
import { type DayCharge, dayCharges, eitherPartsOrTotal } from './org-month.ts';

const { PROPERTY_RUNS = '500' } = process.env;
const FIRST = 1 as Day;
const NEVER = 0 as Day;
const LONG_AGO = 100 as Day;

type Spent = readonly [product: string, chargeType: string, cost: bigint];

const row = (day: number, ...charges: Spent[]): OrgCost => ({
  ...{ org: 'o', region: '', at: startOf(day as Day), totalCost: null },
  charges: charges.map(([product, chargeType, cost]) => ({ product, chargeType, cost: cost as Amount })),
});

const shown = (charges: readonly DayCharge[]): [number, string, string, bigint][] =>
  charges.map(({ day, product, chargeType, cost }) => [day, product, chargeType, cost]);

const charged = (rows: readonly OrgCost[], completeBefore = NEVER) => shown(dayCharges(rows, FIRST, completeBefore));

test('a product costs its parts, and its total only where it has none; never both', () => {
  const rows = [
    row(1, ['host', 'committed', 2n], ['host', 'on_demand', 3n], ['host', 'total', 5n], ['logs', 'total', 7n]),
    row(2, ['host', 'total', 6n], ['host', 'committed', 2n], ['host', 'on_demand', 4n], ['logs', 'total', 9n]),
  ];
  assert.deepEqual(charged(rows), [
    [1, 'host', 'committed', 2n],
    [2, 'host', 'committed', 0n],
    [1, 'host', 'on_demand', 3n],
    [2, 'host', 'on_demand', 1n],
    [1, 'logs', 'total', 7n],
    [2, 'logs', 'total', 2n],
  ]);
});

test('a product whose parts are missing in one row costs its total in all of them', () => {
  const rows = [row(1, ['host', 'committed', 2n], ['host', 'on_demand', 3n]), row(2, ['host', 'total', 6n])];
  assert.deepEqual(charged(rows), [
    [1, 'host', 'total', 5n],
    [2, 'host', 'total', 1n],
  ]);
});

test('a product and type that comes twice in a row is added up', () => {
  assert.deepEqual(charged([row(1, ['host', 'on_demand', 2n], ['host', 'on_demand', 3n])]), [
    [1, 'host', 'on_demand', 5n],
  ]);
});

test('of two rows of a day the later one stands', () => {
  const later = { ...row(1, ['host', 'on_demand', 9n]), at: startOf(FIRST) + 1 };
  assert.deepEqual(charged([row(1, ['host', 'on_demand', 2n]), later]), [[1, 'host', 'on_demand', 9n]]);
});

test('a product that comes later has cost nothing before', () => {
  assert.deepEqual(charged([row(1), row(2), row(3, ['host', 'on_demand', 9n])]), [[3, 'host', 'on_demand', 9n]]);
});

test('a product that is missing in between was not told of', () => {
  const rows = [row(1, ['host', 'on_demand', 2n]), row(2), row(3, ['host', 'on_demand', 9n])];
  assert.deepEqual(charged(rows, LONG_AGO), [
    [1, 'host', 'on_demand', 2n],
    [2, 'host', 'on_demand', 4n],
    [3, 'host', 'on_demand', 3n],
  ]);
});

test('a product that does not come back is awaited while rows may be incomplete, and then taken back', () => {
  const rows = [row(1, ['host', 'on_demand', 2n]), row(2), row(3)];
  assert.deepEqual(charged(rows, 2 as Day), [[1, 'host', 'on_demand', 2n]]);
  assert.deepEqual(charged(rows, 3 as Day), [
    [1, 'host', 'on_demand', 2n],
    [2, 'host', 'on_demand', -2n],
  ]);
});

const spent = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n });
const charge = fc.tuple(fc.constantFrom('host', 'logs'), fc.constantFrom('committed', 'on_demand', 'total'), spent);
const month = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 31 }), fc.array(charge, { maxLength: 6 })), {
    selector: ([day]) => day,
    minLength: 1,
  })
  .map((rows) => rows.toSorted(([a], [b]) => a - b).map(([day, charges]) => row(day, ...charges)));

const sumOf = (charges: readonly { readonly cost: Amount }[]): bigint =>
  charges.reduce((sum, { cost }) => sum + cost, 0n);

test('complete days add up to the last row, whatever came and went before', () => {
  fc.assert(
    fc.property(month, (rows) => {
      const last = eitherPartsOrTotal(rows).at(-1);
      assert.equal(sumOf(dayCharges(rows, FIRST, LONG_AGO)), sumOf(last?.charges ?? []));
    }),
    { numRuns: Number(PROPERTY_RUNS) },
  );
});

test('days and adjustments add up to what the month has cost in the end, for each product', () => {
  fc.assert(
    fc.property(month, fc.array(charge, { maxLength: 6 }), fc.integer({ min: 0, max: 32 }), (rows, whole, before) => {
      const charges = dayCharges(rows, FIRST, before as Day);
      const end = row(31, ...whole);
      const rest = adjustments(charges, end);
      for (const product of ['host', 'logs']) {
        const isOwn = (each: { readonly product: string }): boolean => each.product === product;
        const [wanted] = eitherPartsOrTotal([end]);
        assert.equal(
          sumOf(charges.filter(isOwn)) + (rest.get(product) ?? 0n),
          sumOf(wanted?.charges.filter(isOwn) ?? []),
        );
      }
    }),
    { numRuns: Number(PROPERTY_RUNS) },
  );
});
