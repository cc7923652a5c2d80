import type { PoolClient } from 'pg';
import { bigintArray, dateArray, textArray } from '../../runtime/postgres/arrays.ts';
import { meanwhile } from '../../runtime/postgres/meanwhile.ts';
import type { AttributionDocument } from '../../schemas/attribution-document.ts';
import type { Day } from '../../schemas/scalars.ts';
import { monthOf, weekOf } from './periods.ts';
import { addToTenantMonth } from './statements/add-to-tenant-month.sql.ts';
import { addToTenantWeek } from './statements/add-to-tenant-week.sql.ts';
import { pruneTenantMonth } from './statements/prune-tenant-month.sql.ts';
import { pruneTenantWeek } from './statements/prune-tenant-week.sql.ts';
import { amountArray } from './values.ts';

/** What of a document shares product, source and service. */
export interface DayGroup extends Sums {
  readonly tenant: string;
  readonly day: Day;
  readonly currency: string;
  readonly product: string;
  readonly source: string;
  readonly service: string;
}

interface Sums {
  billed: bigint;
  effective: bigint;
  lines: number;
}

/**
 * By how much a transaction changes weeks and months: the lines it writes less the lines they replace. Integers add up
 * exactly, so differences give what summing all days again would give, without reading the days that did not change.
 */
export class RollUps {
  readonly #weeks = new Map<string, Difference>();
  readonly #months = new Map<string, Difference>();
  /** Of the days met: calendars are slow, and groups many. */
  readonly #periods = new Map<Day, Periods>();

  add(document: AttributionDocument): void {
    for (const group of groupsOf(document)) this.#move(group, 1);
  }

  subtract(group: Readonly<DayGroup>): void {
    this.#move(group, -1);
  }

  /** What there is to write, once all has been added and subtracted. */
  changes(): RollUpChanges {
    const weeks = changesOf(this.#weeks);
    return { weeks, months: () => changesOf(this.#months) };
  }

  #move(group: Readonly<DayGroup>, sign: 1 | -1): void {
    const { tenant, currency, product, source, service } = group;
    const name = `\0${tenant}\0${currency}\0${product}\0${source}\0${service}`;
    const { week, month } = this.#periodsOf(group.day);
    move(this.#weeks, `${week}${name}`, week, group, sign);
    move(this.#months, `${month}${name}`, month, group, sign);
  }

  #periodsOf(day: Day): Periods {
    let periods = this.#periods.get(day);
    if (periods === undefined) {
      periods = { week: weekOf(day), month: monthOf(day) };
      this.#periods.set(day, periods);
    }
    return periods;
  }
}

export async function writeRollUps(client: PoolClient, changes: RollUpChanges): Promise<void> {
  const weeks = writeChanges(client, changes.weeks, addToTenantWeek, pruneTenantWeek);
  const [, months] = await meanwhile(weeks, changes.months);
  await writeChanges(client, months, addToTenantMonth, pruneTenantMonth);
}

export interface RollUpChanges {
  readonly weeks: Changes;
  /** Made while the weeks are being written. */
  readonly months: () => Changes;
}

interface Periods {
  readonly week: Day;
  readonly month: Day;
}

interface Difference extends Sums {
  readonly group: Readonly<DayGroup>;
  readonly period: Day;
}

interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Most lines of a document share their group with others, which makes adding up here cheaper than further out. */
function groupsOf({ tenant, day, currency, lines }: AttributionDocument): DayGroup[] {
  const groups = new Map<string, DayGroup>();
  for (const { product, source, service, billed, effective } of lines) {
    const name = `${product}\0${source}\0${service}`;
    const group = groups.get(name);
    if (group === undefined) {
      groups.set(name, { tenant, day, currency, product, source, service, billed, effective, lines: 1 });
    } else {
      group.billed += billed;
      group.effective += effective;
      group.lines += 1;
    }
  }
  return [...groups.values()];
}

function move(
  periods: Map<string, Difference>,
  key: string,
  period: Day,
  group: Readonly<DayGroup>,
  sign: 1 | -1,
): void {
  let difference = periods.get(key);
  if (difference === undefined) {
    difference = { group, period, billed: 0n, effective: 0n, lines: 0 };
    periods.set(key, difference);
  }
  difference.billed += sign === 1 ? group.billed : -group.billed;
  difference.effective += sign === 1 ? group.effective : -group.effective;
  difference.lines += sign * group.lines;
}

/** Differences as columns. */
interface Changes {
  readonly count: number;
  readonly values: readonly Buffer[];
  /** Keys of those that lose lines. */
  readonly shrunk: readonly Buffer[] | null;
}

/** In one order everywhere, so that two transactions which meet wait for each other and never both. */
function changesOf(differences: ReadonlyMap<string, Difference>): Changes {
  const changed = [...differences]
    .filter(([, { billed, effective, lines }]) => billed !== 0n || effective !== 0n || lines !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, difference]) => difference);
  const shrunk = changed.filter(({ lines }) => lines < 0);
  return {
    count: changed.length,
    values: [
      ...keysOf(changed),
      amountArray(changed.map(({ billed }) => billed)),
      amountArray(changed.map(({ effective }) => effective)),
      bigintArray(changed.map(({ lines }) => lines)),
    ],
    shrunk: shrunk.length === 0 ? null : keysOf(shrunk),
  };
}

function keysOf(differences: readonly Difference[]): Buffer[] {
  return [
    textArray(differences.map(({ group }) => group.tenant)),
    dateArray(differences.map(({ period }) => period)),
    textArray(differences.map(({ group }) => group.currency)),
    textArray(differences.map(({ group }) => group.product)),
    textArray(differences.map(({ group }) => group.source)),
    textArray(differences.map(({ group }) => group.service)),
  ];
}

async function writeChanges(
  client: PoolClient,
  { count, values, shrunk }: Changes,
  addTo: Statement,
  prune: Statement,
): Promise<void> {
  if (count === 0) return;
  await client.query({ ...addTo, values: [...values] });
  if (shrunk !== null) await client.query({ ...prune, values: [...shrunk] });
}
