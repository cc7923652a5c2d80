import { ACTIONS, type Fallback, type Period, type Rule } from '../schemas/catalog.ts';
import { REFUSAL_METERS } from '../schemas/usage-total.ts';
import { type AmountFault, parseDecimal, parseWeight } from './amount.ts';
import { type Fault, pathText } from './catalog-shape.ts';
import { computeOnce } from './compute-once.ts';
import type { Located, LocatedCatalog } from './parse-catalog.ts';
import { spanOf } from './period.ts';
import { splitsOf } from './rule-splits.ts';
import { orderTiers } from './tier-order.ts';

/** Ids that rules may name. */
interface Known {
  readonly tenants: ReadonlySet<string>;
  readonly products: ReadonlySet<string>;
}

/** All that is wrong between the elements of a catalog, or within one beyond its shape. */
export function catalogFaults(catalog: LocatedCatalog): Fault[] {
  const known = { tenants: catalog.tenantIds, products: catalog.productIds };
  return [
    ...periodFaults([...catalog.products, ...catalog.tenants, ...catalog.expected, ...catalog.rules]),
    ...overlapFaults(catalog.products.map((product) => claim(product, product.value.id, 'id'))),
    ...overlapFaults(tenantClaims(catalog)),
    ...overlapFaults(organizationClaims(catalog)),
    ...overlapFaults(catalog.expected.map((it) => claim(it, `${it.value.source} ${it.value.account}`, 'account'))),
    ...rateFaults(catalog),
    ...catalog.rules.flatMap((rule) => ruleFaults(rule, known)),
    ...repeatedRuleFaults(catalog.rules),
    ...cycleFaults(catalog.rules),
  ];
}

function periodFaults(elements: readonly Located<Period>[]): Fault[] {
  return elements
    .filter(({ value }) => isOutOfOrder(value))
    .map(({ path, value }) => ({
      path: `${path}.to`,
      message: `is ${value.to}, not after from, ${value.from}: to is the first day that no longer counts`,
    }));
}

function isOutOfOrder(period: Period): boolean {
  const { from, to } = spanOf(period);
  return to <= from;
}

/** A name that an element claims for its period. Nobody else may claim it on the same day. */
interface Claim {
  readonly name: string;
  readonly element: Located<Period>;
  readonly path: string;
}

function claim(element: Located<Period>, name: string, field: string): Claim {
  return { name, element, path: `${element.path}.${field}` };
}

function tenantClaims({ tenants }: LocatedCatalog): Claim[] {
  return tenants.flatMap((tenant) => [
    claim(tenant, tenant.value.id, 'id'),
    ...tenant.value.aliases.map((alias, i) => claim(tenant, alias, `aliases[${i}]`)),
  ]);
}

function organizationClaims({ tenants }: LocatedCatalog): Claim[] {
  return tenants.flatMap((tenant) =>
    tenant.value.auth0Organizations.map((id, i) => claim(tenant, id, `auth0Organizations[${i}]`)),
  );
}

/** Claims of one name whose days overlap. Elements with a fault in their dates are left out: they would mislead. */
function overlapFaults(claims: readonly Claim[]): Fault[] {
  const sound = claims.filter(({ element }) => element.whole && !isOutOfOrder(element.value));
  const faults: Fault[] = [];
  for (const same of Map.groupBy(sound, ({ name }) => name).values()) {
    const byStart = same.map((it) => ({ ...it, ...spanOf(it.element.value) })).sort((a, b) => a.from - b.from);
    let reached = { to: Number.NEGATIVE_INFINITY, path: '' };
    for (const { name, path, from, to } of byStart) {
      if (from < reached.to) {
        faults.push({ path, message: `overlaps with ${reached.path}: both are ${name} on the same day` });
      }
      if (to > reached.to) reached = { to, path };
    }
  }
  return faults;
}

function rateFaults({ rates }: LocatedCatalog): Fault[] {
  const seen = new Map<string, string>();
  return rates.flatMap(({ path, value }) => {
    const faults: Fault[] = [];
    const rate = parseDecimal(value.rate);
    if ('fault' in rate) faults.push({ path: `${path}.rate`, message: rate.fault });
    else if (rate.digits <= 0n) faults.push({ path: `${path}.rate`, message: `is ${value.rate}, not above zero` });
    if (value.from === value.to) faults.push({ path: `${path}.to`, message: `is ${value.to}, the same as from` });
    const key = `${value.from} to ${value.to} of ${value.day}`;
    const first = computeOnce(seen, key, () => path);
    if (first !== path) faults.push({ path, message: `repeats ${first}: both are the rate ${key}` });
    return faults;
  });
}

function ruleFaults({ path, value: rule }: Located<Rule>, known: Known): Fault[] {
  const actions = ACTIONS.filter((action) => rule[action] !== undefined);
  const faults: Fault[] = [];
  if (actions.length !== 1) {
    const found = actions.length === 0 ? 'none' : actions.join(' and ');
    faults.push({ path, message: `needs exactly one of ${ACTIONS.join(', ')}; it has ${found}` });
  }
  if (rule.assign !== undefined) {
    faults.push(...unknown([rule.assign.tenant], known.tenants, 'tenant', () => `${path}.assign.tenant`));
    faults.push(...unknownProduct(rule.assign.product, known, `${path}.assign`));
  }
  for (const located of splitsOf(rule)) faults.push(...splitFaults(located.split, `${path}.${located.path}`, known));
  return faults;
}

function splitFaults(split: Fallback, path: string, known: Known): Fault[] {
  if ('leave' in split) return [];
  switch (split.by) {
    case 'usage':
      return [
        ...targetFaults(split.targets, path, known),
        ...unknownProduct(split.product, known, path),
        ...scopeFaults(split, path),
        ...fallbackFaults(split.otherwise, path),
      ];
    case 'cost':
      return [...targetFaults(split.targets, path, known), ...fallbackFaults(split.otherwise, path)];
    case 'even':
      return targetFaults(split.targets, path, known);
    case 'fixed':
      return [
        ...Object.entries(split.weights).flatMap(([tenant, text]) => {
          const place = pathText(`${path}.weights`, [tenant]);
          return [...unknown([tenant], known.tenants, 'tenant', () => place), ...weightFaults(text, place)];
        }),
      ];
    case 'blend': {
      const shares = split.parts.map((part) => parseWeight(part.share));
      const faults = split.parts.flatMap((part, i) => weightFaults(part.share, `${path}.parts[${i}].share`));
      if (shares.every((share) => share === 0n))
        faults.push({ path: `${path}.parts`, message: 'has no share above zero' });
      return faults;
    }
  }
}

function scopeFaults(split: { scope: string; meter: string; product?: string | undefined }, path: string): Fault[] {
  const faults: Fault[] = [];
  if (split.scope === 'product' && split.product === undefined) {
    faults.push({ path: `${path}.product`, message: 'is missing: the scope product needs it' });
  }
  if (REFUSAL_METERS.includes(split.meter)) {
    faults.push({
      path: `${path}.meter`,
      message: `is ${split.meter}, which counts refused lines and carries no usage`,
    });
  }
  return faults;
}

function fallbackFaults(otherwise: readonly Fallback[] | undefined, path: string): Fault[] {
  const list = otherwise ?? [];
  const end = list.findIndex((fallback) => 'leave' in fallback);
  if (end < 0 || end === list.length - 1) return [];
  return [{ path: `${path}.otherwise[${end + 1}]`, message: 'is never reached: leave takes everything before it' }];
}

function targetFaults(targets: 'all' | readonly string[] | undefined, path: string, known: Known): Fault[] {
  if (targets === undefined || targets === 'all') return [];
  const repeated = targets
    .map((target, i) => ({
      path: `${path}.targets[${i}]`,
      message: `repeats ${target}`,
      again: targets.indexOf(target) < i,
    }))
    .filter(({ again }) => again)
    .map(({ path, message }) => ({ path, message }));
  return [...unknown(targets, known.tenants, 'tenant', (i) => `${path}.targets[${i}]`), ...repeated];
}

function unknownProduct(product: string | undefined, known: Known, path: string): Fault[] {
  return product === undefined ? [] : unknown([product], known.products, 'product', () => `${path}.product`);
}

function unknown(
  ids: readonly string[],
  known: ReadonlySet<string>,
  noun: string,
  path: (i: number) => string,
): Fault[] {
  return ids.flatMap((id, i) =>
    known.has(id) ? [] : [{ path: path(i), message: `names the ${noun} ${id}, which the catalog does not have` }],
  );
}

function weightFaults(text: string, path: string): Fault[] {
  const weight: bigint | AmountFault = parseWeight(text);
  return typeof weight === 'bigint' ? [] : [{ path, message: weight.fault }];
}

function repeatedRuleFaults(rules: readonly Located<Rule>[]): Fault[] {
  const first = new Map<string, string>();
  return rules.flatMap(({ path, value }) => {
    const known = computeOnce(first, value.id, () => path);
    return known === path ? [] : [{ path: `${path}.id`, message: `repeats the id ${value.id} of ${known}` }];
  });
}

function cycleFaults(rules: readonly Located<Rule>[]): Fault[] {
  return orderTiers(rules.map(({ value }) => value)).cycles.map((cycle) => ({
    path: 'rules',
    message: `make a cycle of tiers, each waiting for the next: ${cycle.join(' -> ')}`,
  }));
}
