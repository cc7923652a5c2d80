/**
 * The rules of allocation written down a second time, as plainly as they can be, to hold the real code against: no
 * index, no cache, no compiled form; fractions instead of scaled integers, regular expressions instead of the glob
 * walker, recursion instead of an order of tiers. It reads the catalog itself and shares nothing with the real code
 * but the types and the texts of days. Slow on purpose.
 */
import { createHash } from 'node:crypto';
import type { Catalog, Fallback, Period, Rule, Split } from '../../schemas/catalog.ts';
import type { CostLine, CostReport } from '../../schemas/cost-report.ts';
import { formatDay } from '../../schemas/day.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';
import type { DayInputs } from '../allocate-day.ts';

const NOBODY = '__unallocated__';
const SCALE = 12n;

type Pair = readonly [tenant: string, product: string];
type Weighted = readonly [pair: Pair, weight: bigint];

interface Charge {
  readonly report: CostReport;
  readonly line: CostLine;
  readonly billed: bigint;
  readonly effective: bigint;
  readonly rule: Rule | undefined;
}

interface Given {
  readonly charge: Charge;
  readonly tenant: string;
  readonly line: Share;
  readonly billed: bigint;
  readonly effective: bigint;
}

/** What a line says beyond its charge's descriptors and rule. */
interface Share {
  readonly product: string;
  readonly method: string;
  readonly driver: string;
  readonly weight: string;
  readonly totalWeight: string;
  readonly reason: string;
}

/** The JSON that exports must show for a day, as objects. */
export interface Expected {
  readonly documents: readonly Record<string, unknown>[];
  readonly statements: readonly Record<string, unknown>[];
}

/** Computes a day by hand, as it were. */
export function expectedDay(inputs: DayInputs, catalog: Catalog): Expected {
  const { day, reports, totals } = inputs;
  if (reports.length === 0 && totals.length === 0) return { documents: [], statements: [] };
  const date = formatDay(day);
  const valid = (it: Period): boolean =>
    (it.from === undefined || it.from <= date) && (it.to === undefined || date < it.to);
  const missingSources = catalog.expected
    .filter(valid)
    .filter((it) => !reports.some((report) => report.source === it.source && report.account === it.account))
    .map(({ source, account }) => ({ source, account }))
    .sort(by((it) => [it.source, it.account]));
  const status =
    missingSources.length > 0 || reports.some((report) => report.status === 'estimated') ? 'estimated' : 'final';
  const currencyOf = (report: CostReport): string =>
    rateOf(catalog, report.currency, date) === undefined ? report.currency : catalog.currency;

  const results = [...new Set([catalog.currency, ...reports.map(currencyOf)])].sort().map((currency) => {
    const own = reports.filter((report) => currencyOf(report) === currency).sort(by((it) => [it.source, it.account]));
    const charges = own.flatMap((report) => chargesOf(report, catalog, date, valid));
    const world = new World(charges, totals, catalog, valid);
    const given = charges.length === 0 ? [] : originsOf(charges).flatMap((origin) => world.give(origin));
    const documents = documentsOf(given).map(({ tenant, lines, billed, effective }) => ({
      day: date,
      tenant,
      currency,
      status,
      billed: text(billed),
      effective: text(effective),
      ...inputs.stamp,
      digest: sha(JSON.stringify({ status, lines })),
      lines,
    }));
    const negative = world.negative();
    const statement = {
      day: date,
      currency,
      digest: sha(documents.map((document) => document.digest).join('\n')),
      sources: own.map((report) => rowOf(report, charges, given, catalog, date)),
      missingSources,
      ...(negative.length > 0 && { negativeBases: negative }),
      usage: usageOf(totals),
    };
    return { documents, statement };
  });
  return {
    documents: results.flatMap((result) => result.documents),
    statements: results.map((result) => result.statement),
  };
}

/** Charges that lines cannot tell apart and that one rule decides, as one charge. */
function originsOf(charges: readonly Charge[]): Charge[] {
  const groups = new Map<string, Charge[]>();
  for (const charge of charges) {
    const key = JSON.stringify([Object.values(descriptors(charge)), charge.rule?.id]);
    groups.set(key, [...(groups.get(key) ?? []), charge]);
  }
  return [...groups.values()].map((group) => ({
    ...(group[0] as Charge),
    billed: total(group.map((it) => it.billed)),
    effective: total(group.map((it) => it.effective)),
  }));
}

/** The distinct charges of a report, converted, with the rule of each. */
function chargesOf(report: CostReport, catalog: Catalog, date: string, valid: (it: Period) => boolean): Charge[] {
  const keys: string[] = [];
  const found: { line: CostLine; billed: bigint; effective: bigint }[] = [];
  for (const line of report.lines) {
    const { billed, effective, tags, ...texts } = line;
    const key = JSON.stringify([Object.entries(texts).sort(by(([name]) => [name])), Object.entries(tags).sort()]);
    const same = found[keys.indexOf(key)];
    if (same === undefined) {
      keys.push(key);
      found.push({ line, billed, effective });
    } else {
      same.billed += billed;
      same.effective += effective;
    }
  }
  const rate = rateOf(catalog, report.currency, date);
  return found.map(({ line, billed, effective }) => ({
    report,
    line,
    billed: converted(billed, rate?.rate),
    effective: converted(effective, rate?.rate),
    rule: catalog.rules.filter(valid).find((rule) => fits(rule, report, line)),
  }));
}

/** The newest rate by its day; the catalog's own currency needs none. */
function rateOf(catalog: Catalog, currency: string, date: string): { rate: string; day: string } | undefined {
  if (currency === catalog.currency) return { rate: '1', day: '' };
  return catalog.rates
    .filter((rate) => rate.from === currency && rate.to === catalog.currency && rate.day <= date)
    .sort(by((rate) => [rate.day]))
    .at(-1);
}

function converted(units: bigint, rate: string | undefined): bigint {
  if (rate === undefined) return units;
  const [numerator, denominator] = fraction(rate);
  return nearestEven(units * numerator, denominator);
}

/** Decimal text without an exponent as a fraction. */
function fraction(decimal: string): [bigint, bigint] {
  const [whole = '', decimals = ''] = decimal.split('.');
  return [BigInt(whole + decimals), 10n ** BigInt(decimals.length)];
}

/** Of the two whole numbers around a fraction the nearer one, else the even one. */
function nearestEven(numerator: bigint, denominator: bigint): bigint {
  let floor = numerator / denominator;
  if (floor * denominator > numerator) floor -= 1n;
  const below = numerator - floor * denominator;
  const above = (floor + 1n) * denominator - numerator;
  if (below === above) return floor % 2n === 0n ? floor : floor + 1n;
  return below < above ? floor : floor + 1n;
}

export function fits(rule: Rule, report: CostReport, line: CostLine): boolean {
  const all: Record<string, string> = { ...(line as unknown as Record<string, string>) };
  return Object.entries(rule.match).every(([field, wanted]) => {
    const found = field.startsWith('tags.')
      ? (line.tags[field.slice(5)] ?? '')
      : ({ ...all, source: report.source, account: report.account }[field] ?? '');
    return [wanted].flat().some((pattern) => globToRegExp(pattern).test(found));
  });
}

export function globToRegExp(glob: string): RegExp {
  const source = [...glob].map((char) => {
    if (char === '*') return '[^]*';
    return char === '?' ? '[^]' : char.replace(/[\\^$.|+()[\]{}/]/u, '\\$&');
  });
  return new RegExp(`^${source.join('')}$`, 'u');
}

/** Largest remainder, one unit at a time to whoever is furthest behind the exact share, the first among equals. */
export function fairParts(amount: bigint, weights: readonly bigint[]): bigint[] {
  const size = amount < 0n ? -amount : amount;
  const sum = total(weights);
  const parts = weights.map((weight) => (size * weight) / sum);
  const served = new Set<number>();
  for (let left = size - total(parts); left > 0n; left--) {
    let best = -1;
    for (const [i, weight] of weights.entries()) {
      const behind = (size * weight) % sum;
      const bestBehind = best < 0 ? -1n : (size * (weights[best] as bigint)) % sum;
      if (!served.has(i) && behind > bestBehind) best = i;
    }
    served.add(best);
    parts[best] = (parts[best] as bigint) + 1n;
  }
  return amount < 0n ? parts.map((part) => -part) : parts;
}

/** One currency of one day. Recomputes the base of a tier each time it is asked. */
class World {
  readonly charges: readonly Charge[];
  readonly totals: readonly UsageTotal[];
  readonly catalog: Catalog;
  readonly valid: (it: Period) => boolean;
  readonly asked = new Set<string>();

  constructor(
    charges: readonly Charge[],
    totals: readonly UsageTotal[],
    catalog: Catalog,
    valid: (it: Period) => boolean,
  ) {
    this.charges = charges;
    this.totals = totals;
    this.catalog = catalog;
    this.valid = valid;
  }

  give(charge: Charge): Given[] {
    const { rule } = charge;
    const { billed, effective } = charge;
    const plain = { product: '', driver: '', weight: '', totalWeight: '', reason: '' };
    const whole = (tenant: string, line: Partial<Share> & { method: string }): Given[] => [
      { charge, tenant, line: { ...plain, ...line }, billed, effective },
    ];
    if (rule === undefined) return whole(NOBODY, { method: 'none', reason: 'no_rule' });
    if (rule.cover !== undefined || rule.hold !== undefined) return [];
    if (rule.leave !== undefined) return whole(NOBODY, { method: 'leave', reason: rule.leave.reason });
    if (rule.assign !== undefined) {
      const { tenant, product = '' } = rule.assign;
      return this.tenants().includes(tenant)
        ? whole(tenant, { method: 'dedicated', product, reason: '' })
        : whole(NOBODY, { method: 'dedicated', product, reason: 'unknown_tenant' });
    }
    return this.split(rule.split as Split, charge, '');
  }

  split(split: Fallback, charge: Charge, place: string): Given[] {
    const given = this.attempt(split, charge, place);
    if (given !== undefined) return given;
    const method = (split as Split).by;
    const reason = method === 'usage' ? 'no_usage' : method === 'cost' ? 'no_base' : 'no_targets';
    const line = { product: '', method, driver: place + nameOf(split), weight: '', totalWeight: '', reason };
    return [{ charge, tenant: NOBODY, line, billed: charge.billed, effective: charge.effective }];
  }

  attempt(split: Fallback, charge: Charge, place: string): Given[] | undefined {
    if ('leave' in split) {
      const { reason } = split.leave;
      const line = { product: '', method: 'leave', driver: `${place}leave`, weight: '', totalWeight: '', reason };
      return [{ charge, tenant: NOBODY, line, billed: charge.billed, effective: charge.effective }];
    }
    if (split.by === 'blend') {
      const shares = split.parts.map((part) => scaled(part.share));
      const billed = fairParts(charge.billed, shares);
      const effective = fairParts(charge.effective, shares);
      return split.parts.flatMap((part, i) =>
        shares[i] === 0n
          ? []
          : this.split(
              part,
              { ...charge, billed: billed[i] as bigint, effective: effective[i] as bigint },
              `${place}blend:${i + 1}:`,
            ),
      );
    }
    const weighted = this.weigh(split, charge).filter(([, weight]) => weight > 0n);
    if (weighted.length > 0) {
      const weights = weighted.map(([, weight]) => weight);
      const billed = fairParts(charge.billed, weights);
      const effective = fairParts(charge.effective, weights);
      return weighted.map(([[tenant, product], weight], i) => ({
        charge,
        tenant,
        line: {
          product,
          method: split.by,
          driver: place + nameOf(split),
          weight: String(weight),
          totalWeight: String(total(weights)),
          reason: tenant === NOBODY ? 'unknown_tenant' : '',
        },
        billed: billed[i] as bigint,
        effective: effective[i] as bigint,
      }));
    }
    const fallbacks = 'otherwise' in split ? (split.otherwise ?? []) : [];
    for (const [i, fallback] of fallbacks.entries()) {
      const given = this.attempt(fallback, charge, `${place}otherwise:${i + 1}:`);
      if (given !== undefined) return given;
    }
    return undefined;
  }

  weigh(split: Exclude<Split, { by: 'blend' }>, charge: Charge): Weighted[] {
    const listed = 'targets' in split && Array.isArray(split.targets) ? split.targets : undefined;
    const wanted = (tenant: string): boolean => listed === undefined || listed.includes(tenant);
    switch (split.by) {
      case 'usage': {
        const used = quantities(this.totals, split.meter).filter(
          ([it]) =>
            (split.scope !== 'namespace' ||
              (it.cluster === charge.line.cluster && it.namespace === charge.line.namespace)) &&
            (split.scope !== 'product' || it.product === split.product),
        );
        return joined(
          used.map(([it, quantity]) => [[this.resolve(it.tenant), split.product ?? it.product], quantity]),
        ).filter(([[tenant]]) => wanted(tenant));
      }
      case 'cost':
        this.asked.add(split.of);
        return this.base(split.of).filter(([[tenant]]) => wanted(tenant));
      case 'even':
        return joined(
          this.tenants()
            .filter(wanted)
            .map((tenant) => [[tenant, ''], 1n]),
        );
      case 'fixed':
        return joined(
          Object.entries(split.weights)
            .filter(([tenant]) => this.tenants().includes(tenant))
            .map(([tenant, weight]) => [[tenant, ''], scaled(weight)]),
        );
    }
  }

  /** Net billed amounts of a tier by pair. */
  base(tier: string): Weighted[] {
    const given = originsOf(this.charges.filter(({ rule }) => rule !== undefined && tierName(rule) === tier)).flatMap(
      (origin) => this.give(origin),
    );
    return joined(
      given
        .filter(({ tenant }) => tenant !== NOBODY)
        .map(({ tenant, line, billed }) => [[tenant, line.product], billed]),
    );
  }

  negative(): Record<string, string>[] {
    return [...this.asked].sort().flatMap((tier) =>
      this.base(tier)
        .filter(([, net]) => net < 0n)
        .map(([[tenant, product], net]) => ({ tier, tenant, product, billed: text(net) })),
    );
  }

  tenants(): string[] {
    return this.catalog.tenants.filter(this.valid).map(({ id }) => id);
  }

  resolve(reported: string): string {
    const valid = this.catalog.tenants.filter(this.valid);
    const tenant = valid.find(({ id }) => id === reported) ?? valid.find(({ aliases }) => aliases.includes(reported));
    return tenant?.id ?? NOBODY;
  }
}

/** Totals of a meter that carry usage; calls carry two meters. */
function quantities(totals: readonly UsageTotal[], meter: string): [UsageTotal, bigint][] {
  const usable = totals.filter((it) => !['late', 'duplicate', 'conflicting'].includes(it.meter));
  const measured = usable.filter((it) => it.meter === meter).map((it): [UsageTotal, bigint] => [it, it.quantity]);
  const counted = usable
    .filter((it) => meter === 'call_count' && it.callCount !== null)
    .map((it): [UsageTotal, bigint] => [it, BigInt(it.callCount ?? 0)]);
  return [...measured, ...counted];
}

/** Adds up the weights of equal pairs; ordered by tenant, then product. */
function joined(weighted: readonly Weighted[]): Weighted[] {
  const pairs = new Map<string, Weighted>();
  for (const [pair, weight] of weighted) {
    const key = JSON.stringify(pair);
    pairs.set(key, [pair, (pairs.get(key)?.[1] ?? 0n) + weight]);
  }
  return [...pairs.values()].sort(by(([pair]) => pair));
}

function nameOf(split: Fallback): string {
  if ('leave' in split) return 'leave';
  if (split.by === 'usage') return `${split.meter}@${split.scope}`;
  return split.by === 'cost' ? `cost:${split.of}` : split.by;
}

function tierName(rule: Rule): string {
  return rule.tier ?? (rule.assign !== undefined || rule.split?.by === 'usage' ? 'infrastructure' : 'external');
}

function descriptors({ report, line }: Charge): Record<string, string> {
  const { service, cluster, namespace, region, subAccount, category } = line;
  return { source: report.source, account: report.account, service, cluster, namespace, region, subAccount, category };
}

function documentsOf(given: readonly Given[]) {
  return [...new Set(given.map(({ tenant }) => tenant))].sort().map((tenant) => {
    const own = given.filter((it) => it.tenant === tenant);
    const lines = own.map(({ charge, line, billed, effective }) => ({
      ...descriptors(charge),
      product: line.product,
      tier: charge.rule === undefined ? '' : tierName(charge.rule),
      ruleId: charge.rule?.id ?? '',
      method: line.method,
      driver: line.driver,
      weight: line.weight,
      totalWeight: line.totalWeight,
      billed: text(billed),
      effective: text(effective),
      reason: line.reason,
    }));
    return {
      tenant,
      lines: lines.sort(by((line) => Object.values(line))),
      billed: total(own.map((it) => it.billed)),
      effective: total(own.map((it) => it.effective)),
    };
  });
}

function rowOf(
  report: CostReport,
  charges: readonly Charge[],
  given: readonly Given[],
  catalog: Catalog,
  date: string,
): Record<string, unknown> {
  const own = charges.filter((charge) => charge.report === report);
  const mine = given.filter(({ charge }) => charge.report === report);
  const lost = mine.filter(({ tenant }) => tenant === NOBODY);
  const held = own.filter(({ rule }) => rule?.hold !== undefined);
  const heldReasons = byReason(held.map((it) => [it.rule?.hold?.reason ?? '', it]));
  const rate = rateOf(catalog, report.currency, date);
  const isConverted = report.currency !== catalog.currency && rate !== undefined;
  return {
    source: report.source,
    account: report.account,
    observedAt: new Date(report.observedAt).toISOString(),
    status: report.status,
    charges: own.length,
    in: money(own),
    allocated: money(mine.filter(({ tenant }) => tenant !== NOBODY)),
    covered: money(own.filter(({ rule }) => rule?.cover !== undefined)),
    held: money(held),
    unallocated: byReason(lost.map((it) => [it.line.reason, it])),
    difference: { billed: '0', effective: '0' },
    ...(isConverted && { rate: rate.rate, rateDay: rate.day }),
    ...(held.length > 0 && { heldReasons }),
  };
}

interface Amounts {
  readonly billed: bigint;
  readonly effective: bigint;
}

function money(amounts: readonly Amounts[]): Record<string, string> {
  return {
    billed: text(total(amounts.map((it) => it.billed))),
    effective: text(total(amounts.map((it) => it.effective))),
  };
}

function byReason(amounts: readonly (readonly [reason: string, amounts: Amounts])[]): Record<string, unknown> {
  const reasons = [...new Set(amounts.map(([reason]) => reason))].sort();
  return Object.fromEntries(
    reasons.map((reason) => [reason, money(amounts.filter((it) => it[0] === reason).map((it) => it[1]))]),
  );
}

function usageOf(totals: readonly UsageTotal[]): Record<string, unknown>[] {
  const meterOf = (it: UsageTotal): string => (it.refusedMeter === '' ? it.meter : it.refusedMeter);
  const meters = new Set(totals.flatMap((it) => (it.callCount === null ? [meterOf(it)] : [meterOf(it), 'call_count'])));
  return [...meters].sort().map((meter) => {
    const counts = (it: UsageTotal): boolean => meterOf(it) === meter;
    // A call counts under both of its meters, and twice under call_count if that is also its own name.
    const calls = (it: UsageTotal): boolean => meter === 'call_count' && it.callCount !== null;
    const lines = [...totals.filter(counts), ...totals.filter(calls)];
    return {
      meter,
      quantity: String(total(quantities(totals, meter).map(([, quantity]) => quantity))),
      late: lines.reduce((sum, it) => sum + it.late, 0),
      conflicting: lines.reduce((sum, it) => sum + it.conflicting, 0),
      duplicates: lines.reduce((sum, it) => sum + it.duplicates, 0),
    };
  });
}

function total(values: readonly bigint[]): bigint {
  return values.reduce((sum, value) => sum + value, 0n);
}

/** Decimal text of at most 12 decimals in units of 10^-12. */
function scaled(decimal: string): bigint {
  const [numerator, denominator] = fraction(decimal);
  return (numerator * 10n ** SCALE) / denominator;
}

function text(units: bigint): string {
  const size = units < 0n ? -units : units;
  const decimals = String(size % 10n ** SCALE)
    .padStart(Number(SCALE), '0')
    .replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${size / 10n ** SCALE}${decimals === '' ? '' : `.${decimals}`}`;
}

/** Compares by lists of texts, UTF-16 code units. */
function by<T>(key: (value: T) => readonly string[]): (a: T, b: T) => number {
  return (a, b) => {
    const [left, right] = [key(a), key(b)];
    const at = left.findIndex((part, i) => part !== right[i]);
    return at < 0 ? 0 : (left[at] as string) < (right[at] as string) ? -1 : 1;
  };
}

function sha(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}
