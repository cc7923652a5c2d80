import type { FocusFileConfig } from './config.ts';

/** Where the columns that are used stand in the rows of one file; null for an optional one that is not there. */
export interface Columns {
  readonly count: number;
  /** The positions of all that are used, so that others need not be read. */
  readonly used: ReadonlySet<number>;
  readonly provider: number;
  readonly account: readonly number[];
  readonly currency: number;
  readonly billed: number;
  readonly effective: number;
  readonly periodStart: number;
  readonly periodEnd: number;
  readonly category: number;
  readonly service: number;
  readonly billingStart: number | null;
  readonly billingEnd: number | null;
  readonly region: number | null;
  readonly resource: number | null;
  readonly subAccount: number | null;
  readonly tags: number | null;
  readonly cluster: readonly Place[];
  readonly namespace: readonly Place[];
}

/** Where a cluster or namespace stands: in a column, or in a tag. */
export type Place = { readonly column: number } | { readonly tag: string };

/** FOCUS 1.3 says `ServiceProviderName` where 1.0 to 1.2 say `ProviderName`. */
const PROVIDER = ['ServiceProviderName', 'ProviderName'];

/** Finds the columns by name, or gives all that is wrong with the header. */
export function findColumns(header: readonly string[], config: FocusFileConfig): Columns | readonly string[] {
  const faults: string[] = [];
  const positions = new Map<string, number>();
  for (const [position, name] of header.entries()) {
    if (positions.has(name)) faults.push(`column ${name} stands twice`);
    positions.set(name, position);
  }
  const used = new Set<number>();
  const optional = (name: string): number | null => {
    const position = positions.get(name);
    if (position !== undefined) used.add(position);
    return position ?? null;
  };
  const required = (name: string): number => {
    const position = optional(name);
    if (position === null) faults.push(`column ${name} is missing`);
    return position ?? 0;
  };
  const places = (names: readonly string[]): Place[] =>
    names.flatMap((name): Place[] => {
      if (name.startsWith('tags.')) return [{ tag: name.slice('tags.'.length) }];
      const column = optional(name);
      return column === null ? [] : [{ column }];
    });

  const columns: Columns = {
    count: header.length,
    used,
    provider: required(PROVIDER.find((name) => positions.has(name)) ?? PROVIDER.join(' or ')),
    account: config.accountColumns.map(required),
    currency: required('BillingCurrency'),
    billed: required('BilledCost'),
    effective: required('EffectiveCost'),
    periodStart: required('ChargePeriodStart'),
    periodEnd: required('ChargePeriodEnd'),
    category: required('ChargeCategory'),
    service: required('ServiceName'),
    billingStart: optional('BillingPeriodStart'),
    billingEnd: optional('BillingPeriodEnd'),
    region: optional('RegionId') ?? optional('RegionName'),
    resource: optional('ResourceId'),
    subAccount: optional('SubAccountId'),
    tags: optional('Tags'),
    cluster: places(config.cluster),
    namespace: places(config.namespace),
  };
  return faults.length === 0 ? columns : faults;
}
