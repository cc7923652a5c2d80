import type { Pool } from 'pg';
import { formatDay } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import type { DemoSummary, StatementRow, TenantRow, UnallocatedRow } from './summary.ts';

/** What to summarize, and what of the usage to show beside the cost. */
export interface SummaryRequest {
  readonly currency: string;
  readonly from: Day;
  readonly to: Day;
  readonly meter: string;
  /** Shown per tenant: how many calls, or how much of the meter. */
  readonly count: 'calls' | 'quantity';
  /** The price is per so many units of the meter. */
  readonly unitsPerPrice: number;
  readonly measure: DemoSummary['measure'];
}

/** Reads the summary of days from Postgres, which does all the arithmetic: amounts stay decimal. */
export async function readSummary(pool: Pool, request: SummaryRequest): Promise<DemoSummary> {
  const range = [formatDay(request.from), formatDay(request.to), request.currency];
  const usage = [request.meter, request.unitsPerPrice, request.count === 'calls'];
  const tenants = await pool.query<TenantRow>(selectTenants, [...range, ...usage]);
  const unallocated = await pool.query<UnallocatedRow>(selectUnallocated, range);
  const statement = await pool.query<StatementRow>(selectStatement, range);
  const [sums] = statement.rows;
  if (sums === undefined) throw new Error('An aggregate without groups gives one row.');
  return {
    currency: request.currency,
    from: formatDay(request.from),
    to: formatDay(request.to),
    measure: request.measure,
    tenants: tenants.rows,
    unallocated: unallocated.rows,
    statement: sums,
  };
}

/** Usage is reported under ids and aliases; cost is given to ids. */
const selectTenants = `
  WITH cost AS (
    SELECT tenant, sum(billed) AS cost FROM tenant_day_cost
    WHERE period BETWEEN $1 AND $2 AND currency = $3 GROUP BY tenant
  ), named AS (
    SELECT entry ->> 'id' AS tenant, entry ->> 'name' AS name,
           jsonb_build_array(entry ->> 'id') || coalesce(entry -> 'aliases', '[]') AS ids
    FROM catalog, jsonb_array_elements(document -> 'tenants') AS entry
  ), used AS (
    SELECT named.tenant, sum(quantity) AS quantity, sum(call_count) AS calls
    FROM usage_total JOIN named ON named.ids ? usage_total.tenant
    WHERE day BETWEEN $1 AND $2 AND meter = $4 AND identity = ''
    GROUP BY named.tenant
  )
  SELECT cost.tenant, coalesce(min(named.name), '') AS name, round(min(cost.cost), 2)::text AS cost,
         round(100 * min(cost.cost) / nullif((SELECT sum(cost) FROM cost), 0), 2)::text AS share,
         coalesce(min(CASE WHEN $6 THEN used.calls ELSE used.quantity END), 0)::text AS count,
         round(min(cost.cost) / nullif(min(used.quantity), 0) * $5::numeric, 6)::text AS price
  FROM cost LEFT JOIN named USING (tenant) LEFT JOIN used USING (tenant)
  WHERE cost.tenant <> '__unallocated__'
  GROUP BY cost.tenant
  ORDER BY min(cost.cost) DESC, cost.tenant`;

const selectUnallocated = `
  SELECT source, service, reason, round(sum(billed), 2)::text AS cost
  FROM unallocated_cost
  WHERE day BETWEEN $1 AND $2 AND currency = $3
  GROUP BY source, service, reason
  ORDER BY abs(sum(billed)) DESC, source, service, reason`;

const selectStatement = `
  SELECT trim_scale(coalesce(sum(in_billed), 0))::text AS "in",
         trim_scale(coalesce(sum(allocated_billed), 0))::text AS allocated,
         trim_scale(coalesce(sum(covered_billed), 0))::text AS covered,
         trim_scale(coalesce(sum(held_billed), 0))::text AS held,
         trim_scale(coalesce(sum(unallocated_billed), 0))::text AS unallocated,
         trim_scale(coalesce(sum(difference_billed), 0))::text AS difference
  FROM statement_source
  WHERE day BETWEEN $1 AND $2 AND currency = $3`;
