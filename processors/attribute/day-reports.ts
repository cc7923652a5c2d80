import { newestReport } from '../../attribution/newest-report.ts';
import { type Codec, Undecodable } from '../../runtime/task.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import { costReports } from '../../schemas/topics.ts';

/**
 * The newest cost report of each source and account of one day, kept as the bytes that it came in: nothing in memory is
 * smaller, and decoding them costs little beside the allocation that follows.
 */
export class DayReports {
  readonly #codec: Codec;
  readonly #held = new Map<string, HeldReport>();

  constructor(codec: Codec) {
    this.#codec = codec;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Whether the report is newer than what is held of its source and account. */
  takes(report: CostReport): boolean {
    const held = this.#held.get(costReports.key(report));
    if (held === undefined || report.observedAt > held.observedAt) return true;
    if (report.observedAt < held.observedAt) return false;
    const other = this.#decode(held);
    return newestReport(other, report) !== other;
  }

  /** Whether the very report is held, in these bytes. */
  holds(report: CostReport, value: Buffer): boolean {
    return this.#held.get(costReports.key(report))?.value.equals(value) === true;
  }

  /** Keeps the report, whose bytes are `value`, in place of what is held of its source and account. */
  put(report: CostReport, value: Buffer): void {
    const { observedAt, currency } = report;
    this.#held.set(costReports.key(report), { observedAt, currency, value: ownCopy(value) });
  }

  currencies(): string[] {
    return [...this.#held.values()].map((held) => held.currency);
  }

  list(): CostReport[] {
    return [...this.#held.values()].map((held) => this.#decode(held));
  }

  #decode(held: HeldReport): CostReport {
    const report = this.#codec.decode(costReports, held.value);
    if (report instanceof Undecodable) throw new Error(`A report that was decoded once is ${report.detail}`);
    return report;
  }
}

interface HeldReport {
  readonly observedAt: number;
  readonly currency: string;
  readonly value: Buffer;
}

/** The bytes of a record are a slice of all that was fetched with it, which they would keep in memory. */
function ownCopy(value: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(value.length);
  value.copy(copy);
  return copy;
}
