import { z } from 'zod';
import {
  type Catalog,
  catalogShape,
  type ExpectedSource,
  elementShapes,
  type Product,
  type Rate,
  type Rule,
  type Tenant,
} from '../schemas/catalog.ts';
import { canonicalJson, sha256 } from './canonical-json.ts';
import { catalogFaults } from './catalog-faults.ts';
import { type Fault, readShape, type Shaped } from './catalog-shape.ts';

export type ParsedCatalog =
  | { readonly ok: true; readonly catalog: Catalog }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** An element of a list of the catalog, and where it stands. */
export interface Located<T> {
  readonly path: string;
  readonly value: T;
  /** False when something of it could not be read. */
  readonly whole: boolean;
}

/** The elements that could be read, and every id that was written, whether or not its element could be read. */
export interface LocatedCatalog {
  readonly products: readonly Located<Product>[];
  readonly tenants: readonly Located<Tenant>[];
  readonly expected: readonly Located<ExpectedSource>[];
  readonly rates: readonly Located<Rate>[];
  readonly rules: readonly Located<Rule>[];
  readonly tenantIds: ReadonlySet<string>;
  readonly productIds: ReadonlySet<string>;
}

const withId = z.object({ id: z.string() });

/** YAML and JSON can nest deeper than any stack. */
const MAX_DEPTH = 32;

/**
 * Reads a catalog from what a YAML or JSON parser gave, and finds all faults at once: of each element's shape, and
 * between elements (unknown tenants and products, overlaps, cycles between tiers, decimals, dates). A path is written
 * like `rules[2].split.weights.acme`; the empty path is the whole.
 */
export function parseCatalog(value: unknown): ParsedCatalog {
  if (isTooDeep(value, MAX_DEPTH)) {
    return { ok: false, faults: [{ path: '', message: `is nested deeper than ${MAX_DEPTH} levels` }] };
  }
  const whole = readShape(catalogShape, value, '');
  const lists = { products: [], tenants: [], expected: [], rates: [], rules: [], ...listsOf(value) };

  const products = readList(elementShapes.products, lists.products, 'products');
  const tenants = readList(elementShapes.tenants, lists.tenants, 'tenants');
  const expected = readList(elementShapes.expected, lists.expected, 'expected');
  const rates = readList(elementShapes.rates, lists.rates, 'rates');
  const rules = readList(elementShapes.rules, lists.rules, 'rules');
  const faults = [
    ...[whole, ...products.shaped, ...tenants.shaped, ...expected.shaped, ...rates.shaped, ...rules.shaped].flatMap(
      (shaped) => shaped.faults,
    ),
    ...catalogFaults({
      products: products.located,
      tenants: tenants.located,
      expected: expected.located,
      rates: rates.located,
      rules: rules.located,
      tenantIds: idsOf(lists.tenants),
      productIds: idsOf(lists.products),
    }),
  ];
  if (whole.value === null || faults.length > 0) return { ok: false, faults };
  return {
    ok: true,
    catalog: {
      version: whole.value.version,
      currency: whole.value.currency,
      products: products.located.map((it) => it.value),
      tenants: tenants.located.map((it) => it.value),
      expected: expected.located.map((it) => it.value),
      rates: rates.located.map((it) => it.value),
      rules: rules.located.map((it) => it.value),
    },
  };
}

/** Reads the catalog of a record of the catalog topic. A text that is not JSON is a fault of the whole. */
export function parseCatalogDocument(text: string): ParsedCatalog {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, faults: [{ path: '', message: 'is not JSON' }] };
  }
  return parseCatalog(value);
}

/** Key-sorted JSON of a catalog: what the topic carries. `parseCatalog` of it gives the catalog again. */
export function canonicalCatalogText(catalog: Catalog): string {
  return canonicalJson(catalog);
}

/** SHA-256 of `canonicalCatalogText`, hexadecimal. */
export function catalogDigest(catalog: Catalog): string {
  return sha256(canonicalCatalogText(catalog));
}

/** The lists of a catalog, also of one whose other fields are wrong. */
function listsOf(value: unknown): Record<string, unknown[]> {
  const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(members.filter((member): member is [string, unknown[]] => Array.isArray(member[1])));
}

function readList<T>(shape: Parameters<typeof readShape<T>>[0], list: readonly unknown[], name: string) {
  const shaped: Shaped<T>[] = list.map((element, i) => readShape(shape, element, `${name}[${i}]`));
  const located: Located<T>[] = shaped.flatMap(({ value, whole }, i) =>
    value === null ? [] : [{ path: `${name}[${i}]`, value, whole }],
  );
  return { shaped, located };
}

/** No id is empty, so the empty text can stand for those that have none. */
function idsOf(elements: readonly unknown[]): Set<string> {
  return new Set(elements.map((element) => withId.safeParse(element).data?.id ?? ''));
}

function isTooDeep(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isTooDeep(member, levels - 1));
}
