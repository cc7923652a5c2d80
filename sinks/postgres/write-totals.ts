import type { PoolClient } from 'pg';
import { bigintArray, dateArray, intArray, numericArray, textArray } from '../../runtime/postgres/arrays.ts';
import { usageTotals } from '../../schemas/topics.ts';
import type { TotalRow } from './rows.ts';
import { upsertTotals } from './statements/upsert-totals.sql.ts';

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
      textArray(totals.map(({ tenant }) => tenant)),
      dateArray(totals.map(({ day }) => day)),
      textArray(totals.map(({ meter }) => meter)),
      textArray(totals.map(({ product }) => product)),
      textArray(totals.map(({ cluster }) => cluster)),
      textArray(totals.map(({ namespace }) => namespace)),
      textArray(totals.map(({ topic }) => topic)),
      intArray(totals.map(({ partition }) => partition)),
      textArray(totals.map(({ identity }) => identity)),
      textArray(totals.map(({ refusedMeter }) => refusedMeter)),
      numericArray(
        totals.map(({ quantity }) => quantity),
        0,
      ),
      bigintArray(totals.map(({ callCount }) => callCount)),
      bigintArray(totals.map(({ duplicates }) => duplicates)),
      bigintArray(totals.map(({ conflicting }) => conflicting)),
      bigintArray(totals.map(({ late }) => late)),
      bigintArray(totals.map(({ through }) => through)),
    ],
  });
}
