/**
 * The catalog: tenants, products, and the rules that say who pays for what. Written by people as YAML, published as
 * canonical JSON. These shapes say what each element looks like on its own; what must hold between elements (known
 * tenants, no cycles, no overlaps) is checked by `parseCatalog` in attribution/parse-catalog.ts, which makes every
 * `Catalog`. Days are `YYYY-MM-DD`, decimals are text.
 */
import { z } from 'zod';
import { UNALLOCATED } from './attribution-document.ts';
import { parseDay } from './day.ts';

export interface Catalog {
  readonly version: 1;
  /** ISO 4217. Reports in another currency are converted by `rates`. */
  readonly currency: string;
  readonly products: readonly Product[];
  readonly tenants: readonly Tenant[];
  readonly expected: readonly ExpectedSource[];
  readonly rates: readonly Rate[];
  /** The first rule that is valid on the day and fits the charge decides. */
  readonly rules: readonly Rule[];
}

/** When an element counts: `from` inclusive, `to` exclusive, both UTC days, both open when left out. */
export interface Period {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface Product extends Period {
  readonly id: string;
  readonly name: string;
}

/** A customer. An id may stand several times, for periods that do not overlap. */
export interface Tenant extends Period {
  readonly id: string;
  readonly name: string;
  /** Other ids that usage is reported under. */
  readonly aliases: readonly string[];
  readonly auth0Organizations: readonly string[];
}

/** A source that must have reported before a day is final. */
export interface ExpectedSource extends Period {
  readonly source: string;
  readonly account: string;
}

/** Used from its day until a newer one. */
export interface Rate {
  readonly from: string;
  readonly to: string;
  readonly day: string;
  readonly rate: string;
}

/** Exactly one of `assign`, `split`, `cover`, `hold` and `leave` is present. */
export interface Rule extends Period {
  readonly id: string;
  readonly tier?: string | undefined;
  readonly match: Match;
  readonly assign?: { readonly tenant: string; readonly product?: string | undefined } | undefined;
  readonly split?: Split | undefined;
  readonly cover?: { readonly by: string } | undefined;
  readonly hold?: { readonly reason: string } | undefined;
  readonly leave?: { readonly reason: string } | undefined;
}

/** From a field of the charge (see `MATCH_FIELDS`, or `tags.<key>`) to a value, a glob, or a list of either. */
export type Match = Readonly<Record<string, string | readonly string[]>>;

export type Split = UsageSplit | CostSplit | EvenSplit | FixedSplit | BlendSplit;

export interface UsageSplit {
  readonly by: 'usage';
  readonly meter: string;
  readonly scope: 'namespace' | 'product' | 'platform';
  readonly product?: string | undefined;
  readonly targets?: Targets | undefined;
  readonly otherwise?: readonly Fallback[] | undefined;
}

export interface CostSplit {
  readonly by: 'cost';
  /** The tier whose allocation is the base. */
  readonly of: string;
  readonly targets?: Targets | undefined;
  readonly otherwise?: readonly Fallback[] | undefined;
}

export interface EvenSplit {
  readonly by: 'even';
  readonly targets: Targets;
}

export interface FixedSplit {
  readonly by: 'fixed';
  /** Decimal text by tenant id. */
  readonly weights: Readonly<Record<string, string>>;
}

export interface BlendSplit {
  readonly by: 'blend';
  readonly parts: readonly BlendPart[];
}

/** A split with its share of the charge, decimal text. */
export type BlendPart = Split & { readonly share: string };

export type Targets = 'all' | readonly string[];

/** Tried in order when a driver gives no positive weight. */
export type Fallback = Split | { readonly leave: { readonly reason: string } };

export const ACTIONS = ['assign', 'split', 'cover', 'hold', 'leave'] as const;

const MATCH_FIELDS = [
  'source',
  'account',
  'subAccount',
  'service',
  'cluster',
  'namespace',
  'region',
  'resource',
  'category',
] as const;

/** Patterns and decimals longer than this are a mistake. */
const MAX_TEXT_LENGTH = 1000;
/** Ids become keys of records and rows, which must fit an index of Postgres. */
const MAX_ID_BYTES = 256;
const MATCH_KEY = new RegExp(`^(?:${MATCH_FIELDS.join('|')}|tags\\..+)$`, 's');

const anyText = z
  .string({ error: textFault })
  .max(MAX_TEXT_LENGTH, `is longer than ${MAX_TEXT_LENGTH} characters`)
  .refine((value) => !value.includes('\0'), 'contains the character U+0000, which Postgres cannot keep');
const text = anyText
  .refine((value) => value.trim() !== '', 'is blank')
  .refine((value) => Buffer.byteLength(value) <= MAX_ID_BYTES, `is longer than ${MAX_ID_BYTES} bytes of UTF-8`);
const tenantId = text.refine((value) => value !== UNALLOCATED, `is kept for what no tenant is given: ${UNALLOCATED}`);
const day = z
  .string({ error: textFault })
  .refine((value) => parseDay(value) !== null, { error: (issue) => `is not a day YYYY-MM-DD: ${issue.input}` });
const currency = z.string({ error: textFault }).regex(/^[A-Z]{3}$/, 'is not a currency code of three capital letters');
const decimal = z.union([anyText, z.int().transform(String)], { error: decimalFault });
const period = { from: day.optional(), to: day.optional() };
const reason = z.strictObject({ reason: text });
const targets = z.union([z.literal('all'), z.array(text).min(1)], {
  error: 'is neither "all" nor a list of tenant ids with at least one',
});
const otherwise = z.lazy(() => z.array(fallbackShape).min(1)).optional();

const usageShape = z.strictObject({
  by: z.literal('usage'),
  meter: text,
  scope: z.enum(['namespace', 'product', 'platform'], { error: 'is not one of namespace, product, platform' }),
  product: text.optional(),
  targets: targets.optional(),
  otherwise,
});
const costShape = z.strictObject({ by: z.literal('cost'), of: text, targets: targets.optional(), otherwise });
const evenShape = z.strictObject({ by: z.literal('even'), targets });
const fixedShape = z.strictObject({
  by: z.literal('fixed'),
  weights: z.record(text, decimal).refine((weights) => Object.keys(weights).length > 0, 'names no tenant'),
});
const blendShape = z.strictObject({ by: z.literal('blend'), parts: z.lazy(() => z.array(partShape).min(1)) });
const share = { share: decimal };
const unknownSplit = { error: 'is not one of usage, cost, even, fixed, blend' };

const splitShape: z.ZodType<Split> = z.discriminatedUnion(
  'by',
  [usageShape, costShape, evenShape, fixedShape, blendShape],
  unknownSplit,
);
const partShape: z.ZodType<BlendPart> = z.discriminatedUnion(
  'by',
  [
    usageShape.extend(share),
    costShape.extend(share),
    evenShape.extend(share),
    fixedShape.extend(share),
    blendShape.extend(share),
  ],
  unknownSplit,
);
/** A `leave` or a split. The order matters to whoever reads the faults of the branches: see parse-catalog.ts. */
const fallbackShape: z.ZodType<Fallback> = z.union([z.strictObject({ leave: reason }), splitShape]);

const productShape = z
  .strictObject({ id: text, name: text.optional(), ...period })
  .transform((product): Product => ({ ...product, name: product.name ?? product.id }));

const tenantShape = z
  .strictObject({
    id: tenantId,
    name: text.optional(),
    aliases: z.array(tenantId).default([]),
    auth0Organizations: z.array(text).default([]),
    ...period,
  })
  .transform((tenant): Tenant => ({ ...tenant, name: tenant.name ?? tenant.id }));

const expectedShape: z.ZodType<ExpectedSource> = z.strictObject({ source: text, account: anyText, ...period });

const rateShape: z.ZodType<Rate> = z.strictObject({ from: currency, to: currency, day, rate: decimal });

const ruleShape: z.ZodType<Rule> = z.strictObject({
  id: text,
  tier: text.optional(),
  match: z.record(
    z.string().regex(MATCH_KEY, `is not a field to match: use ${MATCH_FIELDS.join(', ')} or tags.<key>`),
    z.union([anyText, z.array(anyText).min(1)], { error: 'is neither a text nor a list of texts with at least one' }),
  ),
  ...period,
  assign: z.strictObject({ tenant: text, product: text.optional() }).optional(),
  split: splitShape.optional(),
  cover: z.strictObject({ by: text }).optional(),
  hold: reason.optional(),
  leave: reason.optional(),
});

/** The shape of the whole but for the elements of its lists. */
export const catalogShape = z.strictObject({
  version: z.literal(1, { error: 'is not 1, the only version there is' }),
  currency,
  products: z.array(z.unknown()).default([]),
  tenants: z.array(z.unknown()).default([]),
  expected: z.array(z.unknown()).default([]),
  rates: z.array(z.unknown()).default([]),
  rules: z.array(z.unknown()).default([]),
});

/** The shape of the elements of each list. */
export const elementShapes = {
  products: productShape,
  tenants: tenantShape,
  expected: expectedShape,
  rates: rateShape,
  rules: ruleShape,
} as const;

/** YAML reads an account number without quotes as a number, and has dropped its leading zeros by then. */
function textFault(issue: { readonly input?: unknown }): string | undefined {
  const { input } = issue;
  if (input === undefined) return undefined;
  return typeof input === 'number' || typeof input === 'boolean'
    ? `is ${input}, not text: write it in quotes`
    : 'is not text';
}

function decimalFault(issue: { readonly input?: unknown }): string {
  return typeof issue.input === 'number'
    ? `is a number with a fraction: write the decimal in quotes, "${issue.input}", so that no digit is lost`
    : 'is not decimal text';
}
