import type { Call } from '../../../schemas/call.ts';
import { addDays, dayOf } from '../../../schemas/day.ts';
import type { Day } from '../../../schemas/scalars.ts';
import type { UsageTotal } from '../../../schemas/usage-total.ts';
import { NaiveMeter } from '../../simulation/naive-metering.ts';

/** The calls of one partition, in order: a day closes when the latest end of a call lies more than `openDays` behind it. */
export class PartitionMeter {
  readonly #meter = new NaiveMeter();
  readonly #openDays: number;
  #firstOpenDay: Day | null = null;

  constructor(openDays: number) {
    this.#openDays = openDays;
  }

  /** Why the call is refused, or null. */
  take(call: Call): string | null {
    const refused = this.#meter.take({ is: 'call', call }, this.#firstOpenDay);
    const firstOpenDay = addDays(dayOf(call.endedAt), -this.#openDays);
    if (this.#firstOpenDay === null || firstOpenDay > this.#firstOpenDay) {
      this.#firstOpenDay = firstOpenDay;
      this.#meter.forgetBefore(firstOpenDay);
    }
    return refused;
  }

  totals(): UsageTotal[] {
    return this.#meter.totals();
  }
}
