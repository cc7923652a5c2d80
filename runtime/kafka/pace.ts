/** Keeps a reader to a number of records a second: whoever takes more at once pauses for as long as they should have taken. */
export class Pace {
  readonly #perSecond: number;
  readonly #now: () => number;
  /** When all that was taken so far is due. */
  #dueMs: number;

  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#now = now;
    this.#dueMs = now();
  }

  /** Milliseconds to pause after taking so many records. Time in which nothing was taken is not made up for. */
  take(records: number): number {
    const nowMs = this.#now();
    this.#dueMs = Math.max(this.#dueMs, nowMs) + (records * 1000) / this.#perSecond;
    return this.#dueMs - nowMs;
  }
}
