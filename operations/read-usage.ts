import type { Pool } from 'pg';
import { formatDay } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';
import type { DocumentFilter } from './read-documents.ts';

/** Usage of a key on a day. */
export interface UsageRow {
  day: string;
  tenant: string;
  product: string;
  cluster: string;
  namespace: string;
  meter: string;
  /** A whole number of any size, in the unit of the meter. */
  quantity: string;
}

/** Usage of a day per key as Postgres has it, summed over input partitions, sorted. Calls are a meter of their own. */
export async function readUsage(pool: Pool, day: Day, { tenant }: DocumentFilter): Promise<readonly UsageRow[]> {
  const { rows } = await pool.query<UsageRow>(selectUsage, [formatDay(day), tenant ?? null]);
  return rows;
}

const selectUsage = `
  SELECT day::text AS day, tenant, product, cluster, namespace, meter, sum(quantity)::text AS quantity
  FROM (
    SELECT day, tenant, product, cluster, namespace, meter, quantity FROM usage_total
    WHERE identity = ''
    UNION ALL
    SELECT day, tenant, product, cluster, namespace, 'call_count', call_count FROM usage_total
    WHERE identity = '' AND call_count IS NOT NULL
  ) AS metered
  WHERE day = $1 AND ($2::text IS NULL OR tenant = $2)
  GROUP BY day, tenant, product, cluster, namespace, meter
  ORDER BY tenant, product, cluster, namespace, meter`;
