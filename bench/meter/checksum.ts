import { createHash } from 'node:crypto';
import { splitCall } from '../../attribution/meter-call.ts';
import type { GeneratedCall } from './generated-calls.ts';

/** Milliseconds and calls by day, cluster, namespace, tenant and product, over all partitions. */
export class Totals {
  readonly #totals = new Map<string, { ms: bigint; calls: number }>();

  addCall(call: GeneratedCall): void {
    for (const { day, ms, count } of splitCall(call.startedAt, call.endedAt)) {
      this.add([day, call.cluster, call.namespace, call.tenant, call.product], BigInt(ms), count);
    }
  }

  add(key: readonly (string | number)[], ms: bigint, calls: number): void {
    const text = key.join('|');
    const total = this.#totals.get(text);
    if (total === undefined) {
      this.#totals.set(text, { ms, calls });
    } else {
      total.ms += ms;
      total.calls += calls;
    }
  }

  /**
   * The sums, and SHA-256 of the sorted lines `day|cluster|namespace|tenant|product ms calls`: the same text as the
   * reference job writes.
   */
  checksum(): string {
    const hash = createHash('sha256');
    let [ms, calls] = [0n, 0];
    const lines = [...this.#totals].map(([key, total]) => {
      ms += total.ms;
      calls += total.calls;
      return `${key} ${total.ms} ${total.calls}\n`;
    });
    for (const line of lines.sort()) hash.update(line);
    return `CHECKSUM ms=${ms} calls=${calls} keys=${this.size} sha256=${hash.digest('hex')}`;
  }

  get size(): number {
    return this.#totals.size;
  }
}
