import type { StoredDay } from './stored-day.ts';
import type { PublishedDay } from './topic-days.ts';

/** One thing that was audited. */
export interface Check {
  /** What must hold, as a sentence. */
  readonly name: string;
  /** How many things were compared. */
  readonly compared: number;
  /** What does not hold, in sentences; only the first `MAX_FAULTS` are kept. */
  readonly faults: readonly string[];
  /** How many things do not hold. */
  readonly failed: number;
  /** Figures worth reading, such as the sums that were compared. */
  readonly figures: string;
}

/** More than a person reads. */
const MAX_FAULTS = 20;

/** Collects the outcome of one check. */
export class Checking {
  readonly #name: string;
  readonly #faults: string[] = [];
  #compared = 0;
  #failed = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** Counts one comparison; `fault` is made only when it does not hold. */
  expect(holds: boolean, fault: () => string): void {
    this.#compared += 1;
    if (holds) return;
    this.#failed += 1;
    if (this.#faults.length < MAX_FAULTS) this.#faults.push(fault());
  }

  /** Counts comparisons that hold. */
  hold(count: number): void {
    this.#compared += count;
  }

  done(figures = ''): Check {
    return { name: this.#name, compared: this.#compared, faults: this.#faults, failed: this.#failed, figures };
  }
}

/** Checks that look at one day after the other. */
export interface DayAudit {
  audit(stored: StoredDay, published: PublishedDay): void;
  done(): readonly Check[];
}
