/** What stands in Postgres of what the sources said, in the form in which `test/sources` says it. */
import type { Pool } from 'pg';
import { storedAmount } from '../../../operations/stored-amount.ts';
import type { CostLine } from '../../../schemas/cost-report.ts';
import { chargeText, type Standing } from '../../sources/standing.ts';

/** The charges of each source, account and day. */
export async function standingCharges(pool: Pool): Promise<Standing> {
  const { rows } = await pool.query<ChargeRow>(`
    SELECT source, account, day::text, currency, service, cluster, namespace, region, resource,
           sub_account AS "subAccount", category, billed::text, effective::text, tags
    FROM cost_charge`);
  const charges = Map.groupBy(rows, ({ source, account, day }) => `${source} ${account} ${day}`);
  return new Map([...charges].map(([key, lines]) => [key, lines.map(textOf).sort()]));
}

/** The sums over all days by meter, tenant, product, cluster and namespace, as JSON. */
export async function standingQuantities(pool: Pool): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query<{ key: string[]; quantity: string }>(`
    SELECT array[meter, tenant, product, cluster, namespace] AS key, sum(quantity) AS quantity
    FROM usage_total GROUP BY 1`);
  return new Map(rows.map(({ key, quantity }) => [JSON.stringify(key), Number(quantity)]));
}

interface ChargeRow extends Omit<CostLine, 'billed' | 'effective'> {
  readonly source: string;
  readonly account: string;
  readonly day: string;
  readonly currency: string;
  readonly billed: string;
  readonly effective: string;
}

function textOf({ currency, billed, effective, ...line }: ChargeRow): string {
  return chargeText({ ...line, billed: storedAmount(billed), effective: storedAmount(effective) }, currency);
}
