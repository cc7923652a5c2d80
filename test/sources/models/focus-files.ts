import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { parseAmount } from '../../../attribution/amount.ts';
import type { CostLine } from '../../../schemas/cost-report.ts';
import { addDays, dayOf, formatDay, parseDay, startOf } from '../../../schemas/day.ts';
import type { Amount, Day } from '../../../schemas/scalars.ts';
import { chargeText } from '../standing.ts';

const ACCOUNT = '445566';
const HOUR_MS = 3_600_000;

/** A folder with the bill of one Oracle account: a file a day, written again with each hour that it has more of. */
export class FocusFiles {
  readonly #clock: { nowMs: number };
  readonly #folder: string;
  readonly #first: Day;
  #written: Day;
  /** What an hour of compute costs on days that were restated. */
  readonly #restated = new Map<Day, string>();
  #oldest: Day;

  constructor(clock: { nowMs: number }, folder: string) {
    this.#clock = clock;
    this.#folder = folder;
    this.#first = this.#today;
    this.#written = this.#first;
    this.#oldest = this.#first;
  }

  get #today(): Day {
    return dayOf(this.#clock.nowMs);
  }

  /** Writes the file of today, and of days that were not whole when they were last written. */
  happen(): void {
    for (; this.#written < this.#today; this.#written = addDays(this.#written, 1)) this.#write(this.#written);
    this.#write(this.#today);
  }

  restate(): void {
    const yesterday = addDays(this.#today, -1);
    if (yesterday < this.#oldest) return;
    this.#restated.set(yesterday, '0.047123456789');
    this.#write(yesterday);
  }

  /** Removes the oldest file: what was reported of its day stands. */
  vanish(): void {
    if (addDays(this.#oldest, 2) > this.#today) return;
    rmSync(this.#pathOf(this.#oldest));
    this.#oldest = addDays(this.#oldest, 1);
  }

  truth(): ReadonlyMap<string, readonly string[]> {
    const truth = new Map<string, string[]>();
    for (let day = this.#first; day <= this.#today; day = addDays(day, 1)) {
      for (const [key, lines] of Map.groupBy(this.#rows(day), keyOf)) {
        const sums = Map.groupBy(lines, ({ service, category }) => `${service} ${category}`);
        truth.set(key, [...sums.values()].map(sumText).sort());
      }
    }
    return truth;
  }

  #write(day: Day): void {
    const rows = this.#rows(day).map(toFocus);
    const path = this.#pathOf(day);
    writeFileSync(path, stringify(rows, { header: true }));
    // The poller takes the time of the newest file for that of the bill.
    const seconds = this.#clock.nowMs / 1000;
    utimesSync(path, seconds, seconds);
  }

  #pathOf(day: Day): string {
    return join(this.#folder, `${formatDay(day)}.csv`);
  }

  /** Each hour of the day that has passed; on the first of a month also a correction of the day before. */
  #rows(day: Day): readonly Row[] {
    const hours = Math.min(24, Math.floor((this.#clock.nowMs - startOf(day)) / HOUR_MS));
    const price = this.#restated.get(day) ?? `1.${day % 7}00000000001`;
    const rows = Array.from({ length: hours }, (_, hour): Row => {
      const startMs = startOf(day) + hour * HOUR_MS;
      return { startMs, billedIn: day, service: 'Compute', category: 'Usage', billed: price, effective: '9E-7' };
    });
    const whole = { startMs: startOf(day), billedIn: day };
    const tax: Row = { ...whole, service: 'Tax', category: 'Tax', billed: '0.19', effective: '0.19' };
    const late: Row = { ...whole, startMs: startOf(day) - HOUR_MS, service: 'Compute', category: 'Usage', ...LATE };
    return [...rows, tax, ...(firstOfMonth(day) === day ? [late] : [])];
  }
}

const LATE = { billed: '-3.25', effective: '-3.25' };

/** What an hour has cost. */
interface Row {
  readonly startMs: number;
  /** A day of the billing period. */
  readonly billedIn: Day;
  readonly service: string;
  readonly category: string;
  readonly billed: string;
  readonly effective: string;
}

function toFocus({ startMs, billedIn, service, category, billed, effective }: Row): Record<string, string> {
  const at = (ms: number): string => new Date(ms).toISOString();
  const [month, next] = [firstOfMonth(billedIn), firstOfMonth(addDays(firstOfMonth(billedIn), 31))];
  return {
    ...{ ProviderName: 'Oracle', BillingAccountId: ACCOUNT, BillingCurrency: 'USD' },
    ...{ BillingPeriodStart: at(startOf(month)), BillingPeriodEnd: at(startOf(next)) },
    ...{ ChargePeriodStart: at(startMs), ChargePeriodEnd: at(startMs + HOUR_MS), ChargeCategory: category },
    ...{ ServiceName: service, RegionId: 'eu-frankfurt-1', BilledCost: billed, EffectiveCost: effective },
  };
}

/** A correction of an earlier period is under an account of its own. */
function keyOf({ startMs, billedIn }: Row): string {
  const [day, month] = [dayOf(startMs), firstOfMonth(billedIn)];
  const account = firstOfMonth(day) === month ? ACCOUNT : `${ACCOUNT}/billed-${formatDay(month).slice(0, 7)}`;
  return `oracle ${account} ${formatDay(day)}`;
}

function sumText(rows: readonly Row[]): string {
  const [{ service, category } = { service: '', category: '' }] = rows;
  const sum = (texts: readonly string[]): Amount =>
    texts.reduce((total, text) => (total + (parseAmount(text) as Amount)) as Amount, 0n as Amount);
  const line: CostLine = {
    ...{ service, cluster: '', namespace: '', region: 'eu-frankfurt-1', resource: '', subAccount: '', category },
    ...{
      billed: sum(rows.map(({ billed }) => billed)),
      effective: sum(rows.map(({ effective }) => effective)),
      tags: {},
    },
  };
  return chargeText(line, 'USD');
}

function firstOfMonth(day: Day): Day {
  return parseDay(`${formatDay(day).slice(0, 7)}-01`) as Day;
}
