import type { Pool } from 'pg';
import type { DayRange } from '../../schemas/day.ts';
import { formatDay } from '../../schemas/day.ts';
import { type Check, Checking } from './check.ts';

/** Weeks and months that the days touch, and the views on them, are sums of days: nothing is split again. */
export async function checkRollUps(pool: Pool, range: DayRange): Promise<readonly Check[]> {
  return [await checkRollUp(pool, range, 'week'), await checkRollUp(pool, range, 'month')];
}

async function checkRollUp(pool: Pool, range: DayRange, period: 'week' | 'month'): Promise<Check> {
  const checking = new Checking(`${period}s = sums of days`);
  const { rows } = await pool.query<Row>(compare[period], [formatDay(range.from), formatDay(range.to)]);
  for (const row of rows) {
    checking.expect(row.same, () => {
      return `${row.tenant} ${period} of ${row.period} ${row.currency}: roll-up ${row.rolled}; days ${row.days}.`;
    });
  }
  return checking.done();
}

interface Row {
  tenant: string;
  period: string;
  currency: string;
  rolled: string;
  days: string;
  same: boolean;
}

/** Both sides are complete periods, so that a range that begins in mid-week compares like with like. */
const compare = { week: comparison('week'), month: comparison('month') } as const;

function comparison(period: 'week' | 'month'): string {
  return `
    WITH days AS (
      SELECT tenant, date_trunc('${period}', day)::date AS period, currency, product, source, service,
             sum(billed) AS billed, sum(effective) AS effective
      FROM attribution_line
      WHERE day >= date_trunc('${period}', $1::date)
        AND day < date_trunc('${period}', $2::date) + interval '1 ${period}'
      GROUP BY 1, 2, 3, 4, 5, 6
    ), rolled AS (
      SELECT * FROM tenant_${period}_cost
      WHERE period >= date_trunc('${period}', $1::date) AND period <= $2::date
    )
    SELECT tenant, period::text AS period, currency,
           coalesce(sum(rolled.billed), 0)::text || ' / ' || coalesce(sum(rolled.effective), 0)::text AS rolled,
           coalesce(sum(days.billed), 0)::text || ' / ' || coalesce(sum(days.effective), 0)::text AS days,
           bool_and(coalesce(rolled.billed, 0) = coalesce(days.billed, 0)
                AND coalesce(rolled.effective, 0) = coalesce(days.effective, 0)) AS same
    FROM days FULL JOIN rolled USING (tenant, period, currency, product, source, service)
    GROUP BY tenant, period, currency
    ORDER BY tenant, period, currency`;
}
