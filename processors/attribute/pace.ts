/** How often a day may be recomputed while its inputs keep changing. */
export interface PaceLimits {
  readonly openDayIntervalMs: number;
  readonly openDayLinesPerSecond: number;
}

/** So that recomputing a day takes at most a quarter of the time. */
const REST_PER_COMPUTE = 3;

/**
 * When a day may be computed again. A day touched after a quiet time is due at once; one computed lately waits for
 * the longest of the interval, three times what computing it took, and the time that its lines may fill at the rate allowed.
 */
export class Pace {
  readonly #limits: PaceLimits;
  #computedAtMs = Number.NEGATIVE_INFINITY;
  #waitMs = 0;

  constructor(limits: PaceLimits) {
    this.#limits = limits;
  }

  /** A clock that was set back makes the day due: waiting for it to catch up could take for ever. */
  isDue(nowMs: number): boolean {
    return nowMs >= this.#computedAtMs + this.#waitMs || nowMs < this.#computedAtMs;
  }

  computed(nowMs: number, tookMs: number, linesEmitted: number): void {
    const { openDayIntervalMs, openDayLinesPerSecond } = this.#limits;
    this.#computedAtMs = nowMs;
    this.#waitMs = Math.max(
      openDayIntervalMs,
      REST_PER_COMPUTE * tookMs,
      (linesEmitted / openDayLinesPerSecond) * 1000,
    );
  }
}
