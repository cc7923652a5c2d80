import type { Catalog, Rule } from '../schemas/catalog.ts';
import type { Day } from '../schemas/scalars.ts';
import { canonicalJson, compareText } from './canonical-json.ts';
import { catalogDifferences } from './catalog-differences.ts';
import { type DayRange, includes, rangeOf } from './period.ts';
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
  return merge([...touchedByFacts(factsOf(before), factsOf(after)), ...touchedByRules(before.rules, after.rules)]);
}

/** From a statement about the catalog, as text, to the days on which it holds. */
type Facts = ReadonlyMap<string, readonly DayRange[]>;

/** All that the allocation of a day can see but for the rules. */
function factsOf(catalog: Catalog): Facts {
  const facts: [fact: string, range: DayRange][] = [
    ...catalog.tenants.flatMap((tenant) =>
      [tenant.id, ...tenant.aliases].map((name): [string, DayRange] => [
        canonicalJson(['tenant', name, tenant.id]),
        rangeOf(tenant),
      ]),
    ),
    ...catalog.expected.map((expected): [string, DayRange] => [
      canonicalJson(['expected', expected.source, expected.account]),
      rangeOf(expected),
    ]),
    ...rateFacts(catalog),
  ];
  const byFact = Map.groupBy(facts, ([fact]) => fact);
  return new Map([...byFact].map(([fact, same]) => [fact, same.map(([, range]) => range)]));
}

/** A rate holds from its day until the next one of its currency. */
function rateFacts({ rates, currency }: Catalog): [string, DayRange][] {
  const usable = rates.filter((rate) => rate.to === currency);
  return [...Map.groupBy(usable, (rate) => rate.from).values()].flatMap((same) => {
    const sorted = same.toSorted((a, b) => compareText(a.day, b.day));
    return sorted.map((rate, i): [string, DayRange] => [
      canonicalJson(['rate', rate]),
      rangeOf({ from: rate.day, to: sorted[i + 1]?.day }),
    ]);
  });
}

/** The days on which a fact holds in one catalog and not in the other. */
function touchedByFacts(before: Facts, after: Facts): DayRange[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((fact) => {
    const [old, now] = [before.get(fact) ?? [], after.get(fact) ?? []];
    return segments([...old, ...now]).filter(
      (segment) => old.some((range) => covers(range, segment)) !== now.some((range) => covers(range, segment)),
    );
  });
}

/** The days on which the list of valid rules is another one, in content or in order. */
function touchedByRules(before: readonly Rule[], after: readonly Rule[]): DayRange[] {
  const ids = new Map<string, number>();
  const old = before.map((rule) => datedRule(rule, ids));
  const now = after.map((rule) => datedRule(rule, ids));
  const on = (rules: readonly DatedRule[], segment: DayRange): string =>
    rules.flatMap(({ range, content }) => (covers(range, segment) ? [content] : [])).join();
  return segments([...old, ...now].map(({ range }) => range)).filter(
    (segment) => on(old, segment) !== on(now, segment),
  );
}

interface DatedRule {
  readonly range: DayRange;
  /** Equal for rules that are equal in all but their dates, the default tier counting as written. */
  readonly content: number;
}

function datedRule(rule: Rule, ids: Map<string, number>): DatedRule {
  const { from, to, ...rest } = rule;
  const text = canonicalJson({ ...rest, tier: tierOf(rule) });
  const content = ids.get(text) ?? ids.size;
  ids.set(text, content);
  return { range: rangeOf({ from, to }), content };
}

/** Cuts all time at the edges of ranges: within a segment nothing begins or ends. */
function segments(ranges: readonly DayRange[]): DayRange[] {
  const edges = [...new Set(ranges.flatMap(({ from, to }) => [from, to]))].filter((edge) => edge !== null);
  edges.sort((a, b) => a - b);
  const ends: (Day | null)[] = [...edges, null];
  return ends.map((to, i) => ({ from: edges[i - 1] ?? null, to }));
}

function covers(range: DayRange, segment: DayRange): boolean {
  return segment.from === null ? range.from === null : includes(range, segment.from);
}

/** Joins ranges that overlap or touch. */
function merge(ranges: readonly DayRange[]): DayRange[] {
  const sorted = ranges.toSorted((a, b) => (a.from ?? Number.NEGATIVE_INFINITY) - (b.from ?? Number.NEGATIVE_INFINITY));
  const merged: DayRange[] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last === undefined || (last.to !== null && range.from !== null && range.from > last.to)) merged.push(range);
    else merged[merged.length - 1] = { from: last.from, to: laterEnd(last.to, range.to) };
  }
  return merged;
}

function laterEnd(a: Day | null, b: Day | null): Day | null {
  if (a === null || b === null) return null;
  return a > b ? a : b;
}
