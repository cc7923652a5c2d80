import type { PoolClient } from 'pg';
import { computeOnce } from '../../attribution/compute-once.ts';
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
  readonly #weeks: Differences = new Map();
  readonly #months: Differences = new Map();
  /** Of the days met: calendars are slow, and groups many. */
  readonly #periods = new Map<Day, Periods>();

  add(document: AttributionDocument): void {
    const weeks = this.#ofWeek(document);
    const months = this.#ofMonth(document);
    for (const [name, group] of groupsOf(document)) {
      weeks.move(name, group, 1);
      months.move(name, group, 1);
    }
  }

  subtract(group: Readonly<DayGroup>): void {
    const name = nameOf(group);
    this.#ofWeek(group).move(name, group, -1);
    this.#ofMonth(group).move(name, group, -1);
  }

  /** What there is to write, once all has been added and subtracted. */
  changes(): RollUpChanges {
    const weeks = changesOf(this.#weeks);
    return { weeks, months: () => changesOf(this.#months) };
  }

  #ofWeek(owner: Owner): PeriodDifferences {
    return differencesOf(this.#weeks, this.#periodsOf(owner.day).week, owner);
  }

  #ofMonth(owner: Owner): PeriodDifferences {
    return differencesOf(this.#months, this.#periodsOf(owner.day).month, owner);
  }

  #periodsOf(day: Day): Periods {
    return computeOnce(this.#periods, day, () => ({ week: weekOf(day), month: monthOf(day) }));
  }
}

/** By period, tenant and currency: what a document has one of, so that only the rest is looked up for each group. */
type Differences = Map<string, PeriodDifferences>;

interface Owner {
  readonly tenant: string;
  readonly day: Day;
  readonly currency: string;
}

function differencesOf(differences: Differences, period: Day, { tenant, currency }: Owner): PeriodDifferences {
  return computeOnce(differences, `${period}\0${tenant}\0${currency}`, () => new PeriodDifferences(period));
}

/** By how much the rows of a period, a tenant and a currency change. */
class PeriodDifferences {
  readonly #period: Day;
  readonly #differences = new Map<string, Difference>();

  constructor(period: Day) {
    this.#period = period;
  }

  /** @param name of the group */
  move(name: string, group: Readonly<DayGroup>, sign: 1 | -1): void {
    const difference = computeOnce(this.#differences, name, () => {
      return { group, period: this.#period, billed: 0n, effective: 0n, lines: 0 };
    });
    difference.billed += sign === 1 ? group.billed : -group.billed;
    difference.effective += sign === 1 ? group.effective : -group.effective;
    difference.lines += sign * group.lines;
  }

  /** Those that change anything, in the order of their names. */
  changed(): Difference[] {
    return [...this.#differences]
      .filter(([, { billed, effective, lines }]) => billed !== 0n || effective !== 0n || lines !== 0)
      .sort(byName)
      .map(([, difference]) => difference);
  }
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** Adds what has changed to weeks and months, in the transaction of the lines that have, and deletes what is 0 then. */
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
function groupsOf({ tenant, day, currency, lines }: AttributionDocument): Map<string, DayGroup> {
  const groups = new Map<string, DayGroup>();
  for (const line of lines) {
    const { product, source, service, billed, effective } = line;
    const name = nameOf(line);
    const group = groups.get(name);
    if (group === undefined) {
      groups.set(name, { tenant, day, currency, product, source, service, billed, effective, lines: 1 });
    } else {
      group.billed += billed;
      group.effective += effective;
      group.lines += 1;
    }
  }
  return groups;
}

function nameOf({ product, source, service }: Pick<DayGroup, 'product' | 'source' | 'service'>): string {
  return `${product}\0${source}\0${service}`;
}

/** Differences as columns. */
interface Changes {
  readonly count: number;
  readonly values: readonly Buffer[];
  /** Keys of those that lose lines. */
  readonly shrunk: readonly Buffer[] | null;
}

/** In one order everywhere, so that two transactions which meet wait for each other and never both. */
function changesOf(differences: Differences): Changes {
  const changed = [...differences].sort(byName).flatMap(([, own]) => own.changed());
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
