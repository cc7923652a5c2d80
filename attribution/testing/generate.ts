/**
 * Random days for property tests. The vocabulary is small, so that rules meet charges, ids repeat, periods begin and
 * end around the day, and fallbacks are needed; the amounts reach from nothing to absurd, of either sign.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Catalog } from '../../schemas/catalog.ts';
import type { CostLine, CostReport } from '../../schemas/cost-report.ts';
import { addDays, formatDay } from '../../schemas/day.ts';
import type { Amount } from '../../schemas/scalars.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';
import type { DayInputs } from '../allocate-day.ts';
import { parseCatalog } from '../parse-catalog.ts';
import { D, report, total } from './build.ts';

/** How many cases each property is tried on; raised for the long run. */
const { PROPERTY_RUNS = '500' } = process.env;
export const RUNS = { numRuns: Number(PROPERTY_RUNS) };

const TENANTS = ['acme', 'globex', 'hooli', 'initech', 'retired', 'umbrella'];
const METERS = ['call_duration', 'call_count', 'login'];
const PRODUCTS = ['', 'asr', 'bot', 'unheard'];
const ACCOUNTS: readonly (readonly [source: string, account: string])[] = [
  ['aws', '1'],
  ['aws', '2'],
  ['cast-ai', 'prod'],
  ['datadog', ''],
];
/** Tiers by level: a split may take only tiers of lower levels as its base, so no cycle arises. */
const TIERS = ['infrastructure', 'overhead', 'external'] as const;
const DESCRIPTORS = {
  service: ['', 'EC2', 'EC2 - Other', 'S3'],
  cluster: ['', 'c1'],
  namespace: ['', 'shared', 'dedicated-1', '😀'],
  region: ['', 'eu'],
  resource: ['', 'r1', 'r2'],
  subAccount: ['', 's1'],
  category: ['Usage', 'Tax', 'Credit'],
} as const;
const PATTERNS = {
  source: ['aws', 'cast-ai', 'a*', '*'],
  account: ['1', '?', 'prod'],
  service: ['', 'EC2', 'EC2*', '?*', 'S?'],
  cluster: ['', 'c1'],
  namespace: ['', 'shared', 'dedicated-*', '*d*', '?'],
  region: ['eu', '*'],
  resource: ['r1', 'r?'],
  subAccount: ['', 's1'],
  category: ['Usage', 'Tax', 'Credit', '*'],
  'tags.team': ['', 'x', '?*'],
} as const;

const oneOf = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

/** Leaves out the fields that are undefined, as a file would. */
function sparse<T extends object>(fields: T): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

const amountArb: fc.Arbitrary<Amount> = fc
  .oneof(
    { weight: 2, arbitrary: fc.bigInt(-20n, 20n) },
    { weight: 4, arbitrary: fc.bigInt(-(10n ** 15n), 10n ** 15n) },
    { weight: 1, arbitrary: fc.bigInt(-(10n ** 30n), 10n ** 30n) },
  )
  .map((units) => units as Amount);

const dayArb = fc.integer({ min: -2, max: 3 }).map((offset) => formatDay(addDays(D, offset)));
const periodArb = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: dayArb.map((from) => ({ from })) },
  { weight: 1, arbitrary: dayArb.map((to) => ({ to })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer({ min: -2, max: 2 }), fc.integer({ min: 1, max: 3 }))
      .map(([from, days]) => ({ from: formatDay(addDays(D, from)), to: formatDay(addDays(D, from + days)) })),
  },
);

/** Tenants with aliases; one that takes over the id of another that is gone; one that was away for a day. */
const tenantsArb = fc
  .record({ plain: fc.array(periodArb, { minLength: 3, maxLength: 3 }), end: dayArb, away: dayArb })
  .map(({ plain, end, away }) => [
    ...['globex', 'hooli', 'initech'].map((id, i) => ({ id, aliases: [`${id}-prod`], ...plain[i] })),
    { id: 'retired', to: end },
    { id: 'acme', from: end, aliases: ['retired', 'acme-prod'] },
    { id: 'umbrella', to: away },
    { id: 'umbrella', from: formatDay(addDays(D, 4)) },
  ]);

const targetsArb = fc.oneof(fc.constant('all'), fc.uniqueArray(oneOf(TENANTS), { minLength: 1, maxLength: 3 }));
const weightArb = fc.oneof(
  fc.integer({ min: 0, max: 4 }),
  oneOf(['0', '0.5', '1.000000000001', '.25', '7.', '+3', '1e1']).map((text) => (text === '1e1' ? '10' : text)),
);
const reasonArb = oneOf(['tax', 'awaiting decision', '__proto__', '7']);

function splitArb(level: number, depth: number): fc.Arbitrary<object> {
  const otherwise =
    depth === 0
      ? fc.constant(undefined)
      : maybe(
          fc
            .tuple(
              fc.array(splitArb(level, depth - 1), { maxLength: 2 }),
              maybe(reasonArb.map((reason) => ({ leave: { reason } }))),
            )
            .map(([splits, leave]) => (leave === undefined ? splits : [...splits, leave]))
            .filter((list) => list.length > 0),
        );
  const usage = fc
    .record({
      by: fc.constant('usage'),
      meter: oneOf(METERS),
      scope: oneOf(['namespace', 'namespace', 'product', 'platform']),
      product: maybe(oneOf(['asr', 'bot'])),
      targets: maybe(targetsArb),
      otherwise,
    })
    .map((split) => sparse(split.scope === 'product' ? { ...split, product: split.product ?? 'asr' } : split));
  const cost = fc
    .record({
      by: fc.constant('cost'),
      of: oneOf([...TIERS.slice(0, level), ...TIERS.slice(0, level), 'nowhere']),
      targets: maybe(targetsArb),
      otherwise,
    })
    .map(sparse);
  const even = fc.record({ by: fc.constant('even'), targets: targetsArb });
  const fixed = fc.record({
    by: fc.constant('fixed'),
    weights: fc.dictionary(oneOf(TENANTS), weightArb, { minKeys: 1, maxKeys: 4 }),
  });
  const leaves = [
    { weight: 4, arbitrary: usage },
    { weight: 3, arbitrary: cost },
    { weight: 1, arbitrary: even },
    { weight: 1, arbitrary: fixed },
  ];
  if (depth === 0) return fc.oneof(...leaves);
  const blend = fc
    .array(fc.tuple(splitArb(level, depth - 1), weightArb), { minLength: 1, maxLength: 3 })
    .filter((parts) => parts.some(([, share]) => Number(share) > 0))
    .map((parts) => ({ by: 'blend', parts: parts.map(([split, share]) => ({ share, ...split })) }));
  return fc.oneof(...leaves, { weight: 1, arbitrary: blend });
}

/** At most two fields, so that rules do meet charges. */
const matchArb = fc
  .subarray(Object.entries<readonly string[]>(PATTERNS), { maxLength: 2 })
  .chain((fields) =>
    fc.tuple(
      ...fields.map(([field, patterns]) =>
        fc
          .oneof(
            { weight: 5, arbitrary: oneOf(patterns) },
            { weight: 1, arbitrary: fc.uniqueArray(oneOf(patterns), { minLength: 1, maxLength: 2 }) },
          )
          .map((wanted): [string, string | string[]] => [field, wanted]),
      ),
    ),
  )
  .map((fields) => Object.fromEntries(fields));

const actionArb = fc.integer({ min: 0, max: 2 }).chain((level) => {
  const tier = TIERS[level];
  const plain = fc.oneof(
    fc
      .record({ tenant: oneOf(TENANTS), product: maybe(oneOf(['asr', 'bot'])) })
      .map((assign) => ({ tier, assign: sparse(assign) })),
    oneOf(['cast-ai', 'aws']).map((by) => ({ cover: { by } })),
    reasonArb.map((reason) => ({ hold: { reason } })),
    reasonArb.map((reason) => ({ leave: { reason } })),
  );
  const split = splitArb(level, 2).map((it) => ({ tier, split: it }));
  return fc.oneof(
    { weight: 2, arbitrary: plain },
    { weight: 5, arbitrary: split },
    { weight: 1, arbitrary: splitArb(level, 0).map((it) => withDefaultTier(it, level)) },
  );
});

/** Leaves the tier to its default where that keeps the level. */
function withDefaultTier(split: object, level: number): object {
  const byDefault = 'by' in split && split.by === 'usage' ? 0 : 2;
  return level === byDefault ? { split } : { tier: TIERS[level], split };
}

const rulesArb = fc
  .array(fc.tuple(matchArb, periodArb, actionArb), { minLength: 1, maxLength: 8 })
  .map((rules) => rules.map(([match, period, action], i) => ({ id: `rule-${i}`, match, ...period, ...action })));

/** The rules make sense only with everything they name, so a catalog is generated whole. */
export const rawCatalogArb = fc.record({
  version: fc.constant(1),
  currency: fc.constant('USD'),
  products: fc.constant([{ id: 'asr' }, { id: 'bot', to: formatDay(D) }]),
  tenants: tenantsArb,
  expected: fc.uniqueArray(
    fc.tuple(oneOf(ACCOUNTS), periodArb).map(([[source, account], period]) => ({ source, account, ...period })),
    { maxLength: 2, selector: ({ source, account }) => `${source}/${account}` },
  ),
  rates: fc.uniqueArray(
    fc.record({
      from: oneOf(['EUR', 'EUR', 'GBP']),
      to: oneOf(['USD', 'USD', 'CHF']),
      day: dayArb,
      rate: oneOf(['1.0832', '0.5', '3', '0.000000000000001', '1.1234567890123456']),
    }),
    { maxLength: 4, selector: ({ from, to, day }) => `${from}${to}${day}` },
  ),
  rules: rulesArb,
});

export function accepted(raw: unknown): Catalog {
  const parsed = parseCatalog(raw);
  return parsed.ok ? parsed.catalog : assert.fail(JSON.stringify({ faults: parsed.faults, raw }, null, 1));
}

export const catalogArb: fc.Arbitrary<Catalog> = rawCatalogArb.map(accepted);

export const lineArb: fc.Arbitrary<CostLine> = fc.record({
  service: oneOf<string>(DESCRIPTORS.service),
  cluster: oneOf<string>(DESCRIPTORS.cluster),
  namespace: oneOf<string>(DESCRIPTORS.namespace),
  region: oneOf<string>(DESCRIPTORS.region),
  resource: oneOf<string>(DESCRIPTORS.resource),
  subAccount: oneOf<string>(DESCRIPTORS.subAccount),
  category: oneOf<string>(DESCRIPTORS.category),
  billed: amountArb,
  effective: amountArb,
  tags: fc.oneof(
    { weight: 2, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: oneOf([{ team: 'x' }, { team: '' }, { other: 'x', team: 'y' }]) },
  ),
});

export const reportsArb: fc.Arbitrary<CostReport[]> = fc.uniqueArray(
  fc
    .tuple(
      oneOf(ACCOUNTS),
      oneOf(['USD', 'USD', 'USD', 'EUR', 'GBP']),
      fc.integer({ min: 0, max: 3 }),
      oneOf(['final', 'final', 'estimated'] as const),
      fc.array(lineArb, { maxLength: 6 }),
    )
    .map(([[source, account], currency, observedAt, status, lines]) =>
      report({ source, account, currency, observedAt, status, lines }),
    ),
  { maxLength: 4, selector: ({ source, account }) => `${source}/${account}` },
);

const reportedArb = oneOf([...TENANTS, 'acme-prod', 'globex-prod', 'nobody', '', '__unallocated__']);

const ordinaryTotalArb = fc
  .record({
    cluster: oneOf<string>(DESCRIPTORS.cluster),
    namespace: oneOf<string>(DESCRIPTORS.namespace),
    tenant: reportedArb,
    product: oneOf(PRODUCTS),
    meter: oneOf(['call_duration', 'login']),
    partition: fc.integer({ min: 0, max: 1 }),
    quantity: fc.oneof(fc.bigInt(0n, 5n), fc.bigInt(0n, 10n ** 10n), fc.bigInt(0n, 10n ** 20n)),
    calls: fc.integer({ min: 0, max: 100 }),
    duplicates: fc.integer({ min: 0, max: 2 }),
    conflicting: fc.integer({ min: 0, max: 2 }),
    late: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ calls, ...fields }) => total({ ...fields, callCount: fields.meter === 'call_duration' ? calls : null }));

const refusedTotalArb = fc
  .record({ of: oneOf(['late', 'duplicate', 'conflicting']), meter: oneOf(['call_duration', 'login']) })
  .map(({ of, meter }) =>
    total({
      tenant: 'acme',
      meter: of,
      refusedMeter: meter,
      identity: 'a',
      callCount: meter === 'call_duration' ? 1 : null,
      late: of === 'late' ? 1 : 0,
      duplicates: of === 'duplicate' ? 1 : 0,
      conflicting: of === 'conflicting' ? 1 : 0,
    }),
  );

export const totalsArb: fc.Arbitrary<UsageTotal[]> = fc.uniqueArray(
  fc.oneof({ weight: 8, arbitrary: ordinaryTotalArb }, { weight: 1, arbitrary: refusedTotalArb }),
  {
    maxLength: 14,
    selector: (it) =>
      JSON.stringify([it.cluster, it.namespace, it.tenant, it.product, it.meter, it.partition, it.refusedMeter]),
  },
);

export const inputsArb: fc.Arbitrary<DayInputs> = fc.record({
  day: fc.constant(D),
  reports: reportsArb,
  totals: totalsArb,
  stamp: fc.constant({ calcVersion: 3, revision: 9 }),
});
