import type { PoolClient } from 'pg';
import { usageTotals } from '../../schemas/topics.ts';
import type { TotalRow } from './rows.ts';
import { upsertTotals } from './statements/upsert-totals.sql.ts';
import { dateText } from './values.ts';

export const totalTables: readonly string[] = ['usage_total'];

/** Writes totals that include as much as what the table holds, or more. */
export async function writeTotals(client: PoolClient, rows: readonly TotalRow[]): Promise<void> {
  if (rows.length === 0) return;
  const totals = rows
    .map(({ total }) => ({ total, key: usageTotals.key(total) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ total }) => total);
  await client.query({
    ...upsertTotals,
    values: [
      totals.map(({ tenant }) => tenant),
      totals.map(({ day }) => dateText(day)),
      totals.map(({ meter }) => meter),
      totals.map(({ product }) => product),
      totals.map(({ cluster }) => cluster),
      totals.map(({ namespace }) => namespace),
      totals.map(({ topic }) => topic),
      totals.map(({ partition }) => partition),
      totals.map(({ identity }) => identity),
      totals.map(({ refusedMeter }) => refusedMeter),
      totals.map(({ quantity }) => quantity.toString()),
      totals.map(({ callCount }) => callCount),
      totals.map(({ duplicates }) => duplicates),
      totals.map(({ conflicting }) => conflicting),
      totals.map(({ late }) => late),
      totals.map(({ through }) => through),
    ],
  });
}
