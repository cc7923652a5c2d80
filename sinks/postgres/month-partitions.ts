import type { Pool } from 'pg';
import { formatDay } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import { monthOf } from './periods.ts';
import { ensureMonthPartitions } from './statements/ensure-month-partitions.sql.ts';

/** Makes the partitions that rows need before their transaction begins, and remembers which are there. */
export class MonthPartitions {
  readonly #pool: Pool;
  #known = new Set<string>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async ensure(tables: readonly string[], days: Iterable<Day>): Promise<void> {
    const months = new Set<Day>();
    for (const day of days) months.add(monthOf(day));
    const missing = tables
      .flatMap((table) => [...months].map((month) => ({ table, month, name: `${table} ${month}` })))
      .filter(({ name }) => !this.#known.has(name));
    if (missing.length === 0) return;
    await this.#pool.query(ensureMonthPartitions, [
      missing.map(({ table }) => table),
      missing.map(({ month }) => formatDay(month)),
    ]);
    for (const { name } of missing) this.#known.add(name);
  }

  /** After an error: a partition may have been dropped. */
  forget(): void {
    this.#known = new Set();
  }
}
