import type { Catalog } from '../schemas/catalog.ts';
import { canonicalJson } from './canonical-json.ts';

/**
 * What changes from one catalog to the next, one readable line each: `tenant acme: from 2026-01-01 -> 2026-02-01`,
 * `rule tax: added`. Empty when both say the same.
 */
export function catalogDifferences(before: Catalog | null, after: Catalog): string[] {
  const currency = before !== null && before.currency !== after.currency;
  return [
    ...(currency ? [`currency: ${before.currency} -> ${after.currency}`] : []),
    ...differences('product', before?.products ?? [], after.products, ({ id }) => id),
    ...differences('tenant', before?.tenants ?? [], after.tenants, ({ id }) => id),
    ...differences('expected source', before?.expected ?? [], after.expected, (it) => `${it.source} ${it.account}`),
    ...differences('rate', before?.rates ?? [], after.rates, (it) => `${it.from} to ${it.to} of ${it.day}`),
    ...differences('rule', before?.rules ?? [], after.rules, ({ id }) => id),
    ...moves(before?.rules ?? [], after.rules),
  ];
}

function differences<T extends object>(
  noun: string,
  before: readonly T[],
  after: readonly T[],
  nameOf: (element: T) => string,
): string[] {
  const [old, now] = [named(before, nameOf), named(after, nameOf)];
  const removed = [...old.keys()].filter((name) => !now.has(name)).map((name) => `${noun} ${name}: removed`);
  const rest = [...now].flatMap(([name, element]) => {
    const earlier = old.get(name);
    return earlier === undefined ? [`${noun} ${name}: added`] : fieldChanges(`${noun} ${name}`, earlier, element);
  });
  return [...removed, ...rest];
}

/** Elements by name; a name that stands several times is told apart by its place among its like. */
function named<T>(elements: readonly T[], nameOf: (element: T) => string): Map<string, T> {
  return new Map(
    [...Map.groupBy(elements, nameOf)].flatMap(([name, same]) =>
      same.map((element, i): [string, T] => [i === 0 ? name : `${name} (${i + 1})`, element]),
    ),
  );
}

function fieldChanges(name: string, before: object, after: object): string[] {
  const [old, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return [...new Set([...old.keys(), ...now.keys()])]
    .map((field) => ({ field, from: valueText(old.get(field)), to: valueText(now.get(field)) }))
    .filter(({ from, to }) => from !== to)
    .map(({ field, from, to }) => `${name}: ${field} ${from} -> ${to}`);
}

function valueText(value: unknown): string {
  if (value === undefined) return 'none';
  return typeof value === 'string' ? value : canonicalJson(value);
}

/** Rules that both catalogs have, and that come at another place among them. */
function moves(before: readonly { readonly id: string }[], after: readonly { readonly id: string }[]): string[] {
  const [old, now] = [new Set(before.map(({ id }) => id)), new Set(after.map(({ id }) => id))];
  const places = new Map([...old].filter((id) => now.has(id)).map((id, place) => [id, place]));
  return [...now]
    .filter((id) => old.has(id))
    .flatMap((id, place) => {
      const earlier = places.get(id) ?? place;
      return earlier === place ? [] : [`rule ${id}: moved from place ${earlier + 1} to ${place + 1} of those kept`];
    });
}
