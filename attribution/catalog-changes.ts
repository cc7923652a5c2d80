import type { Catalog, Rule } from '../schemas/catalog.ts';
import { canonicalJson, compareText } from './canonical-json.ts';
import { catalogDifferences } from './catalog-differences.ts';
import { computeOnce } from './compute-once.ts';
import { covers, type DayRange, rangeOf, type Span, spanOf } from './period.ts';
import { tierOf } from './rule-splits.ts';

export interface CatalogChanges {
  /** What changes, one readable line each. */
  readonly changes: readonly string[];
  /** The days whose results can differ, ascending, apart from one another; none when no day's can. */
  readonly touches: readonly DayRange[];
}

/**
 * What a new catalog changes, and the days it can touch. Every day on which the allocation sees something else is
 * touched: who is a tenant, what an alias means, which rules hold and in which order, who is expected, which rate
 * counts. Names, products and Auth0 organizations decide no amount and touch nothing.
 * @param before null when there was no catalog: every day is touched.
 */
export function catalogChanges(before: Catalog | null, after: Catalog): CatalogChanges {
  return { changes: catalogDifferences(before, after), touches: touched(before, after) };
}

const ALWAYS: DayRange = { from: null, to: null };

function touched(before: Catalog | null, after: Catalog): DayRange[] {
  if (before === null || before.currency !== after.currency) return [ALWAYS];
  const spans = [
    ...touchedByFacts(tenantFacts(before), tenantFacts(after)),
    ...touchedByFacts(expectedFacts(before), expectedFacts(after)),
    ...touchedByFacts(rateFacts(before), rateFacts(after)),
    ...touchedByRules(before.rules, after.rules),
  ];
  return merge(spans).map(rangeOf);
}

/** Something that a catalog says, as text, and days on which it says so. */
interface Fact {
  readonly text: string;
  readonly span: Span;
}

/** Whom each id and alias means. */
function tenantFacts({ tenants }: Catalog): Fact[] {
  return tenants.flatMap((tenant) =>
    [tenant.id, ...tenant.aliases].map((name) => ({ text: canonicalJson([name, tenant.id]), span: spanOf(tenant) })),
  );
}

function expectedFacts({ expected }: Catalog): Fact[] {
  return expected.map((it) => ({ text: canonicalJson([it.source, it.account]), span: spanOf(it) }));
}

/** A rate holds from its day until the next one of its currency. */
function rateFacts({ rates, currency }: Catalog): Fact[] {
  const usable = rates.filter((rate) => rate.to === currency);
  return [...Map.groupBy(usable, (rate) => rate.from).values()].flatMap((same) => {
    const sorted = same.toSorted((a, b) => compareText(a.day, b.day));
    return sorted.map((rate, i) => ({
      text: canonicalJson(rate),
      span: spanOf({ from: rate.day, to: sorted[i + 1]?.day }),
    }));
  });
}

/** The days on which a fact holds in one catalog and not in the other. */
function touchedByFacts(before: readonly Fact[], after: readonly Fact[]): Span[] {
  const [old, now] = [spansByText(before), spansByText(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((text) => {
    const [then, since] = [old.get(text) ?? [], now.get(text) ?? []];
    return segments([...then, ...since]).filter(({ from }) => holds(then, from) !== holds(since, from));
  });
}

function spansByText(facts: readonly Fact[]): Map<string, Span[]> {
  const spans = new Map<string, Span[]>();
  for (const { text, span } of facts) computeOnce(spans, text, () => []).push(span);
  return spans;
}

function holds(spans: readonly Span[], day: number): boolean {
  return spans.some((span) => covers(span, day));
}

/** The days on which the list of valid rules is another one, in content or in order. */
function touchedByRules(before: readonly Rule[], after: readonly Rule[]): Span[] {
  const numbers = new Map<string, number>();
  const old = before.map((rule) => datedRule(rule, numbers));
  const now = after.map((rule) => datedRule(rule, numbers));
  const on = (rules: readonly DatedRule[], day: number): string =>
    rules.flatMap(({ span, content }) => (covers(span, day) ? [content] : [])).join();
  return segments([...old, ...now].map(({ span }) => span)).filter(({ from }) => on(old, from) !== on(now, from));
}

interface DatedRule {
  readonly span: Span;
  /** A number that is equal for rules equal in all but their dates, the default tier counting as written. */
  readonly content: number;
}

function datedRule(rule: Rule, numbers: Map<string, number>): DatedRule {
  const { from, to, ...rest } = rule;
  const text = canonicalJson({ ...rest, tier: tierOf(rule) });
  return { span: spanOf({ from, to }), content: computeOnce(numbers, text, () => numbers.size) };
}

/** Cuts all time at the edges of spans: within a segment nothing begins or ends. */
function segments(spans: readonly Span[]): Span[] {
  const edges = new Set([Number.NEGATIVE_INFINITY, ...spans.flatMap(({ from, to }) => [from, to])]);
  const sorted = [...edges].sort((a, b) => a - b);
  return sorted.map((from, i) => ({ from, to: sorted[i + 1] ?? Number.POSITIVE_INFINITY }));
}

/** Joins spans that overlap or touch. */
function merge(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = merged.pop() ?? span;
    if (span.from > last.to) merged.push(last, span);
    else merged.push({ from: last.from, to: Math.max(last.to, span.to) });
  }
  return merged;
}
