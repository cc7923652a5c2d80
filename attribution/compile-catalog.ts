import type { Catalog, Match, Rate, Rule, Tenant } from '../schemas/catalog.ts';
import type { CostLine } from '../schemas/cost-report.ts';
import { parseDay } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';
import type { SourceAccount } from '../schemas/statement.ts';
import { type Decimal, parseDecimal } from './amount.ts';
import { compareText } from './canonical-json.ts';
import { type CompiledFallback, compileSplit } from './compile-split.ts';
import { computeOnce } from './compute-once.ts';
import { compilePatterns, type TextTest } from './glob.ts';
import { covers, type Span, spanOf } from './period.ts';
import { basesOf, tierOf } from './rule-splits.ts';
import { orderTiers } from './tier-order.ts';

/**
 * A catalog that answers for any day. Everything is prepared once; a day only picks what is valid on it, so days of
 * one validity share all of it.
 */
export interface CompiledCatalog {
  readonly currency: string;
  /** Every tier after the tiers that it is based on. */
  readonly tiers: readonly string[];
  /** The tiers that some split takes as its base. */
  readonly baseTiers: ReadonlySet<string>;
  /** The tenant that usage reported under this id belongs to; null when it is unknown on the day. */
  tenantOf(reported: string, day: Day): string | null;
  isTenant(id: string, day: Day): boolean;
  /** Ids of the tenants valid on the day, in order. */
  tenantsOn(day: Day): readonly string[];
  rulesOn(day: Day): readonly CompiledRule[];
  /** The newest rate from a currency to the catalog's, dated on or before the day. */
  rateOn(currency: string, day: Day): CompiledRate | null;
  /** The sources that must report the day, in order. */
  expectedOn(day: Day): readonly SourceAccount[];
}

export interface CompiledRule {
  readonly id: string;
  readonly tier: string;
  readonly action: Action;
  fitsSource(source: string, account: string): boolean;
  /** Whether all fields but the source and account fit. */
  fitsLine(line: CostLine): boolean;
}

export type Action =
  | { readonly kind: 'assign'; readonly tenant: string; readonly product: string }
  | { readonly kind: 'split'; readonly split: CompiledFallback }
  | { readonly kind: 'cover' }
  | { readonly kind: 'hold'; readonly reason: string };

export interface CompiledRate {
  readonly day: Day;
  readonly rate: Decimal;
}

/** Prepares a catalog that `parseCatalog` accepted. */
export function compileCatalog(catalog: Catalog): CompiledCatalog {
  const claims = claimsOf(catalog.tenants);
  const tenants = catalog.tenants.map(({ id, ...period }) => ({ id, span: spanOf(period) }));
  const rules = catalog.rules.map((rule) => ({ rule: compileRule(rule), span: spanOf(rule) }));
  const rates = ratesOf(catalog);
  const expected = catalog.expected
    .map(({ source, account, ...period }) => ({ source, account, span: spanOf(period) }))
    .sort((a, b) => compareText(a.source, b.source) || compareText(a.account, b.account));

  const find = (text: string, day: Day): Claim | undefined =>
    claims.get(text)?.find((claim) => covers(claim.span, day));
  return {
    currency: catalog.currency,
    tiers: orderTiers(catalog.rules).order,
    baseTiers: new Set(catalog.rules.flatMap(basesOf)),
    tenantOf: (reported, day) => find(reported, day)?.tenant ?? null,
    isTenant: (id, day) => find(id, day)?.tenant === id,
    tenantsOn: (day) =>
      tenants
        .filter(({ span }) => covers(span, day))
        .map(({ id }) => id)
        .sort(compareText),
    rulesOn: (day) => rules.filter(({ span }) => covers(span, day)).map(({ rule }) => rule),
    rateOn: (currency, day) => rates.get(currency)?.findLast((rate) => rate.day <= day) ?? null,
    expectedOn: (day) =>
      expected.filter(({ span }) => covers(span, day)).map(({ source, account }) => ({ source, account })),
  };
}

/** An id or alias that means a tenant for a while. No two claims of one text overlap in an accepted catalog. */
interface Claim {
  readonly tenant: string;
  readonly span: Span;
}

function claimsOf(tenants: readonly Tenant[]): Map<string, Claim[]> {
  const claims = new Map<string, Claim[]>();
  for (const tenant of tenants) {
    const claim = { tenant: tenant.id, span: spanOf(tenant) };
    for (const text of [tenant.id, ...tenant.aliases]) {
      computeOnce(claims, text, () => []).push(claim);
    }
  }
  return claims;
}

function ratesOf(catalog: Catalog): Map<string, CompiledRate[]> {
  const usable = catalog.rates.filter((rate) => rate.to === catalog.currency);
  return new Map(
    [...Map.groupBy(usable, (rate) => rate.from)].map(([from, rates]) => [
      from,
      rates.map(compileRate).sort((a, b) => a.day - b.day),
    ]),
  );
}

function compileRate(rate: Rate): CompiledRate {
  const day = parseDay(rate.day);
  const decimal = parseDecimal(rate.rate);
  if (day === null || 'fault' in decimal) throw new TypeError(`The catalog was not checked: rate of ${rate.day}.`);
  return { day, rate: decimal };
}

function compileRule(rule: Rule): CompiledRule {
  const { source, account, ...rest } = rule.match;
  const fits = (patterns: Match[string] | undefined): TextTest =>
    patterns === undefined ? () => true : compilePatterns(patterns);
  const [sourceFits, accountFits] = [fits(source), fits(account)];
  const tests = Object.entries(rest).map(([field, patterns]) => ({ of: readerOf(field), fits: fits(patterns) }));
  return {
    id: rule.id,
    tier: tierOf(rule),
    action: actionOf(rule),
    fitsSource: (source, account) => sourceFits(source) && accountFits(account),
    fitsLine: (line) => tests.every((test) => test.fits(test.of(line))),
  };
}

type TextField = Exclude<keyof CostLine, 'billed' | 'effective' | 'tags'>;

const READERS: Readonly<Record<TextField, (line: CostLine) => string>> = {
  service: (line) => line.service,
  cluster: (line) => line.cluster,
  namespace: (line) => line.namespace,
  region: (line) => line.region,
  resource: (line) => line.resource,
  subAccount: (line) => line.subAccount,
  category: (line) => line.category,
};

const TAG_PREFIX = 'tags.';

function readerOf(field: string): (line: CostLine) => string {
  if (isTextField(field)) return READERS[field];
  const tag = field.slice(TAG_PREFIX.length);
  return (line) => (Object.hasOwn(line.tags, tag) ? String(line.tags[tag]) : '');
}

function isTextField(field: string): field is TextField {
  return Object.hasOwn(READERS, field);
}

function actionOf(rule: Rule): Action {
  const { assign, split, cover, hold, leave } = rule;
  if (assign !== undefined) return { kind: 'assign', tenant: assign.tenant, product: assign.product ?? '' };
  if (split !== undefined) return { kind: 'split', split: compileSplit(split, '') };
  if (cover !== undefined) return { kind: 'cover' };
  if (hold !== undefined) return { kind: 'hold', reason: hold.reason };
  if (leave !== undefined) return { kind: 'split', split: { method: 'leave', driver: '', reason: leave.reason } };
  throw new TypeError(`The catalog was not checked: rule ${rule.id} has no action.`);
}
