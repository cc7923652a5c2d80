import { sha256 } from '../../attribution/canonical-json.ts';
import { reportText } from '../../attribution/newest-report.ts';
import type { CostReport, ReportStatus } from '../../schemas/cost-report.ts';
import { formatDay } from '../../schemas/day.ts';
import type { Day, Instant } from '../../schemas/scalars.ts';

/** What was last sent of an account and day. */
export interface SentReport {
  /** Of its currency and lines. */
  readonly digest: string;
  readonly status: ReportStatus;
  readonly observedAt: Instant;
  /** The account as the source names it, where a part of it has an account of its own. */
  readonly whole: string;
  readonly isEmpty: boolean;
}

/** Digest of what a report says: its currency and lines, whenever they were observed, and whether or not they may change. */
export function contentDigest(report: CostReport): string {
  const text = reportText({ ...report, observedAt: 0, status: 'final' });
  return Buffer.from(sha256(text).slice(0, DIGEST_DIGITS), 'hex').toString('base64url');
}

/** 96 bits: two contents of one account and day that share it will not be met. */
const DIGEST_DIGITS = 24;

type Entry = readonly [digest: string, status: 'e' | 'f', observedAt: Instant, whole: string, isEmpty: 0 | 1];
/** By source and account, then by day of the month. */
type Month = Record<string, Record<string, Entry>>;

/**
 * What was last sent of each account and day, so that what has not changed is not sent again. Kept as a text per month;
 * what does not fit is forgotten, and sent again when it is met, which is harmless.
 */
export class SentReports {
  readonly #months = new Map<string, Month>();
  readonly #changed = new Set<string>();
  readonly #load: (month: string) => string | null;

  /** `load` gives the text of a month as `takeChanges` has given it. */
  constructor(load: (month: string) => string | null) {
    this.#load = load;
  }

  find(source: string, account: string, day: Day): SentReport | null {
    const [month, date] = placeOf(day);
    const entry = this.#month(month)[keyOf(source, account)]?.[date];
    return entry === undefined ? null : sentOf(entry);
  }

  remember(report: CostReport, whole: string): void {
    const [month, date] = placeOf(report.day);
    const accounts = this.#month(month);
    const key = keyOf(report.source, report.account);
    const days = accounts[key] ?? {};
    accounts[key] = days;
    const status = report.status === 'final' ? 'f' : 'e';
    days[date] = [contentDigest(report), status, report.observedAt, whole, report.lines.length === 0 ? 1 : 0];
    this.#changed.add(month);
  }

  /** The accounts that the day of an account was sent under: its own, and those of its parts. */
  accountsOf(source: string, whole: string, day: Day): readonly string[] {
    const [month, date] = placeOf(day);
    return Object.entries(this.#month(month)).flatMap(([key, days]) => {
      const [keySource = '', account = ''] = JSON.parse(key) as string[];
      return keySource === source && days[date]?.[3] === whole ? [account] : [];
    });
  }

  /** The days of an account for which something is known, in the months from that of `from` to that of `to`. */
  daysOf(source: string, whole: string, from: Day, to: Day): ReadonlySet<string> {
    const days = new Set<string>();
    for (const month of monthsBetween(from, to)) {
      for (const [key, dates] of Object.entries(this.#month(month))) {
        if ((JSON.parse(key) as string[])[0] !== source) continue;
        for (const [date, entry] of Object.entries(dates)) if (entry[3] === whole) days.add(`${month}-${date}`);
      }
    }
    return days;
  }

  /** The texts of the months that have changed since the last call. */
  takeChanges(): ReadonlyMap<string, string> {
    const texts = new Map([...this.#changed].map((month) => [month, this.#text(month)]));
    this.#changed.clear();
    return texts;
  }

  #text(month: string): string {
    const text = JSON.stringify(this.#month(month));
    return Buffer.byteLength(text) <= MAX_MONTH_BYTES ? text : '{}';
  }

  #month(month: string): Month {
    let found = this.#months.get(month);
    if (found === undefined) {
      found = JSON.parse(this.#load(month) ?? '{}') as Month;
      this.#months.set(month, found);
    }
    return found;
  }
}

/** Below the size of a record of its topic. */
const MAX_MONTH_BYTES = 900 * 1024;

function placeOf(day: Day): readonly [month: string, date: string] {
  const text = formatDay(day);
  return [text.slice(0, 7), text.slice(8)];
}

function keyOf(source: string, account: string): string {
  return JSON.stringify([source, account]);
}

function sentOf([digest, status, observedAt, whole, isEmpty]: Entry): SentReport {
  return { digest, status: status === 'f' ? 'final' : 'estimated', observedAt, whole, isEmpty: isEmpty === 1 };
}

function monthsBetween(from: Day, to: Day): readonly string[] {
  const months = new Set<string>();
  for (let day = from as number; day <= to; day++) months.add(placeOf(day as Day)[0]);
  return [...months];
}
