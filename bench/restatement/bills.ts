import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { storedAmount } from '../../operations/stored-amount.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import { formatDay } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import { attributions } from '../../schemas/topics.ts';
import { monthOf, weekOf } from '../../sinks/postgres/periods.ts';
import { sinkPosition } from '../pipeline/sink-position.ts';

const LOOK_EVERY_MS = 10;

/** What a source has billed, of each day as it said last. */
export class Bills {
  readonly #billed = new Map<Day, bigint>();

  put({ day, lines }: CostReport): void {
    this.#billed.set(
      day,
      lines.reduce((sum, line) => sum + line.billed, 0n),
    );
  }

  /** What Postgres must say of a day, of its week and of its month. */
  sumsAround(day: Day): Sums {
    const sumOf = (isPart: (other: Day) => boolean): bigint =>
      [...this.#billed].reduce((sum, [other, billed]) => (isPart(other) ? sum + billed : sum), 0n);
    return {
      day: sumOf((other) => other === day),
      week: sumOf((other) => weekOf(other) === weekOf(day)),
      month: sumOf((other) => monthOf(other) === monthOf(day)),
    };
  }
}

interface Sums {
  readonly day: bigint;
  readonly week: bigint;
  readonly month: bigint;
}

/**
 * Resolves when Postgres says so of a day, of its week and of its month: all that is allotted to tenants of the source.
 * A row that is missing or still as it was makes the sum another one.
 */
export async function untilStanding(
  pool: Pool,
  source: string,
  day: Day,
  expected: Sums,
  signal: AbortSignal,
): Promise<void> {
  const client = await pool.connect();
  try {
    for (let position = ''; ; await sleep(LOOK_EVERY_MS)) {
      signal.throwIfAborted();
      const now = await sinkPosition(client, attributions);
      if (now === position) continue;
      position = now;
      const found = await readSums(client, source, day);
      if (found.day === expected.day && found.week === expected.week && found.month === expected.month) return;
    }
  } finally {
    client.release();
  }
}

async function readSums(client: PoolClient, source: string, day: Day): Promise<Sums> {
  const { rows } = await client.query<{ day: string; week: string; month: string }>({
    name: 'sums',
    text: `
      SELECT
        (SELECT coalesce(sum(billed), 0)::text FROM attribution_line WHERE source = $1 AND day = $2) AS day,
        (SELECT coalesce(sum(billed), 0)::text FROM tenant_week WHERE source = $1 AND week = $3) AS week,
        (SELECT coalesce(sum(billed), 0)::text FROM tenant_month WHERE source = $1 AND month = $4) AS month`,
    values: [source, ...[day, weekOf(day), monthOf(day)].map(formatDay)],
  });
  const [row] = rows;
  if (row === undefined) throw new Error('Sums give a row.');
  return { day: storedAmount(row.day), week: storedAmount(row.week), month: storedAmount(row.month) };
}
