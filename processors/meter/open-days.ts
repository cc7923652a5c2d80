import { addDays, dayOf } from '../../schemas/day.ts';
import type { Day, Instant } from '../../schemas/scalars.ts';
import { DayTotals, type KeyTexts } from './day-totals.ts';
import type { Hash } from './hash.ts';

/**
 * The days that can still be counted on. Event time is the latest end of any line, as far as it had come when the line
 * was written. A day is open until `openDays` days of event time have passed after it; once closed it stays closed.
 */
export class OpenDays {
  readonly #openDays: number;
  readonly #days = new Map<Day, OpenDay>();
  #eventTime: Instant = Number.NEGATIVE_INFINITY;
  #oldest: Day = BEFORE_ALL_DAYS;
  /** Lines in a row mostly touch the same day. */
  #recent: OpenDay | undefined;

  constructor(openDays: number) {
    this.#openDays = openDays;
  }

  /** Minus infinity before the first line. */
  get eventTime(): Instant {
    return this.#eventTime;
  }

  /** Days before this one are closed; minus infinity while none is. */
  get oldest(): Day {
    return this.#oldest;
  }

  get(day: Day): OpenDay | undefined {
    const recent = this.#recent;
    if (recent !== undefined && recent.totals.day === day) return recent;
    const found = this.#days.get(day);
    if (found !== undefined) this.#recent = found;
    return found;
  }

  /** The day, made where it is new: all that touched it lies at `offset` or after. */
  open(day: Day, offset: number): OpenDay {
    const found = this.get(day);
    if (found !== undefined) return found;
    const made = { totals: new DayTotals(day), replay: { offset, eventTime: this.#eventTime } };
    this.#days.set(day, made);
    return made;
  }

  /** Event time has come to `instant`, or was there already. Days that close are forgotten. */
  advance(instant: Instant): void {
    if (instant <= this.#eventTime) return;
    this.#eventTime = instant;
    this.closeBefore(addDays(dayOf(instant), -this.#openDays));
  }

  closeBefore(oldest: Day): void {
    if (oldest <= this.#oldest) return;
    this.#oldest = oldest;
    for (const day of this.#days.keys()) if (day < oldest) this.#days.delete(day);
    if (this.#recent !== undefined && this.#recent.totals.day < oldest) this.#recent = undefined;
  }

  /** The texts of a key that any open day has a total of. */
  textsOf(key: Hash): KeyTexts | undefined {
    for (const { totals } of this.#days.values()) {
      const row = totals.find(key);
      if (row >= 0) return totals.texts(row);
    }
    return undefined;
  }

  /** Where a fold must begin so that it ends in the state of all open days; `next` when there are none. */
  replayFrom(next: number): ReplayPoint {
    let earliest: ReplayPoint = { offset: next, eventTime: this.#eventTime };
    for (const { replay } of this.#days.values()) earliest = earlierOf(earliest, replay);
    return earliest;
  }
}

export interface OpenDay {
  readonly totals: DayTotals;
  replay: ReplayPoint;
}

/** A place in the input, and the event time of all that lies before it. */
export interface ReplayPoint {
  readonly offset: number;
  readonly eventTime: Instant;
}

/** The point that lies first in the log. */
export function earlierOf(a: ReplayPoint, b: ReplayPoint): ReplayPoint {
  return b.offset < a.offset ? b : a;
}

/** Nothing is closed before it. */
export const BEFORE_ALL_DAYS = Number.NEGATIVE_INFINITY as Day;
