import { compareText } from '../../attribution/canonical-json.ts';
import type { Amount, Day, Instant } from '../../schemas/scalars.ts';
import type { Descriptor, Descriptors } from './descriptors.ts';
import type { FocusRow } from './row.ts';
import type { DayPart } from './spread.ts';

/** What becomes the reports of one source, account and day. */
export interface DaySum {
  readonly source: string;
  /** The account of the report; `billingAccount`, or that with the month that it was billed in. */
  readonly account: string;
  readonly billingAccount: string;
  readonly day: Day;
  readonly currencies: Set<string>;
  /** The latest end of the billing periods; null when any is not known. */
  billingEnd: Instant | null;
  readonly lines: Map<Descriptor, { billed: bigint; effective: bigint }>;
}

/**
 * Adds rows up by source, account, day and descriptor. Holds at most `maxSums` sums, unless one day alone has more: the
 * latest days are given up and read again in a later pass, so that memory does not grow with the files.
 */
export class DaySums {
  readonly #from: Day;
  readonly #maxSums: number;
  readonly #descriptors: Descriptors;
  readonly #days = new Map<Day, Map<string, DaySum>>();
  #sums = 0;
  /** The first day that was given up. */
  #until: Day | null = null;

  constructor(from: Day, maxSums: number, descriptors: Descriptors) {
    this.#from = from;
    this.#maxSums = maxSums;
    this.#descriptors = descriptors;
  }

  /** Where the next pass begins; null when this one holds all that is left. */
  get until(): Day | null {
    return this.#until;
  }

  add(row: FocusRow, account: string, part: DayPart): void {
    if (part.day < this.#from || (this.#until !== null && part.day >= this.#until)) return;
    const sum = this.#sumOf(row, account, part.day);
    sum.currencies.add(row.currency);
    if (row.billingEnd === null) sum.billingEnd = null;
    else if (sum.billingEnd !== null && row.billingEnd > sum.billingEnd) sum.billingEnd = row.billingEnd;
    const descriptor = this.#descriptors.of(row.described);
    const line = sum.lines.get(descriptor);
    if (line !== undefined) {
      line.billed += part.billed;
      line.effective += part.effective;
      return;
    }
    sum.lines.set(descriptor, { billed: part.billed, effective: part.effective });
    this.#sums++;
    if (this.#sums > this.#maxSums && this.#days.size > 1) this.#giveUpLatestDays();
  }

  /** By day, then source, then account. */
  *inOrder(): Generator<DaySum> {
    for (const day of this.#dayNumbers()) {
      const sums = [...(this.#days.get(day)?.entries() ?? [])].sort(([a], [b]) => compareText(a, b));
      for (const [, sum] of sums) yield sum;
    }
  }

  #sumOf(row: FocusRow, account: string, day: Day): DaySum {
    const sums = this.#days.get(day) ?? new Map<string, DaySum>();
    this.#days.set(day, sums);
    const key = `${row.source}\0${account}`;
    const known = sums.get(key);
    if (known !== undefined) return known;
    const { source, account: billingAccount, billingEnd } = row;
    const sum = { source, account, billingAccount, day, currencies: new Set<string>(), billingEnd, lines: new Map() };
    sums.set(key, sum);
    return sum;
  }

  /** Gives up a quarter at once, so that the descriptors need not be gone through often. */
  #giveUpLatestDays(): void {
    const days = this.#dayNumbers();
    while (this.#sums > this.#maxSums * 0.75 && days.length > 1) {
      const day = days.pop();
      if (day === undefined) break;
      for (const sum of this.#days.get(day)?.values() ?? []) this.#sums -= sum.lines.size;
      this.#days.delete(day);
      this.#until = day;
    }
    this.#descriptors.retain(this.#held());
  }

  *#held(): Generator<Descriptor> {
    for (const sums of this.#days.values()) for (const sum of sums.values()) yield* sum.lines.keys();
  }

  #dayNumbers(): Day[] {
    return [...this.#days.keys()].sort((a, b) => a - b);
  }
}

/** Makes an amount of a sum. */
export const asAmount = (units: bigint): Amount => units as Amount;
