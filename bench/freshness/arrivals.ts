/** What is awaited at one place, a tenant in a namespace: calls in the order in which they are counted. */
interface Place {
  readonly sentMs: number[];
  /** The milliseconds of the calls up to and with this one. */
  readonly sumMs: number[];
  sentSumMs: number;
  arrived: number;
}

/**
 * Calls on their way. A call has arrived once the sum of its place includes it: sums only grow, and the calls of a place
 * are counted in the order in which they were sent.
 */
export class Arrivals {
  /** Milliseconds that each call has taken, but for those sent to warm up. */
  readonly latenciesMs: number[] = [];
  readonly #places = new Map<string, Place>();
  #awaited = 0;

  /** Calls that have not arrived. */
  get awaited(): number {
    return this.#awaited;
  }

  /** @param sentMs when the call was due to be sent; NaN to warm up */
  sent(place: string, sentMs: number, durationMs: number): void {
    const at = this.#places.get(place) ?? { sentMs: [], sumMs: [], sentSumMs: 0, arrived: 0 };
    this.#places.set(place, at);
    at.sentSumMs += durationMs;
    at.sentMs.push(sentMs);
    at.sumMs.push(at.sentSumMs);
    this.#awaited += 1;
  }

  /** Takes what the place's sum is seen to be. Throws when nobody has sent so much. */
  seen(place: string, sumMs: number, nowMs: number): void {
    const at = this.#places.get(place);
    if (at === undefined || sumMs > at.sentSumMs) throw new Error(`${place} has ${sumMs} ms, more than was sent`);
    for (; at.arrived < at.sumMs.length && (at.sumMs[at.arrived] ?? 0) <= sumMs; at.arrived++) {
      const tookMs = nowMs - (at.sentMs[at.arrived] ?? Number.NaN);
      if (!Number.isNaN(tookMs)) this.latenciesMs.push(tookMs);
      this.#awaited -= 1;
    }
  }
}
