import { addDays, dayOf } from '../../../schemas/day.ts';
import type { Day } from '../../../schemas/scalars.ts';
import type { UsageTotal } from '../../../schemas/usage-total.ts';
import type { Input } from '../../simulation/history.ts';
import { NaiveMeter } from '../../simulation/naive-metering.ts';

/** A call or a sample. */
export type Line = Extract<Input, { is: 'call' | 'sample' }>;

/** The lines of one partition, in order: a day closes when the latest end of a line lies more than `openDays` behind it. */
export class PartitionMeter {
  readonly #meter = new NaiveMeter();
  readonly #openDays: number;
  #firstOpenDay: Day | null = null;

  constructor(openDays: number) {
    this.#openDays = openDays;
  }

  /** Why the line is refused, or null. */
  take(line: Line): string | null {
    const refused = this.#meter.take(line, this.#firstOpenDay);
    const end = line.is === 'call' ? line.call.endedAt : line.sample.windowEnd;
    const firstOpenDay = addDays(dayOf(end), -this.#openDays);
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
