import type { Pool } from 'pg';
import type { AllocationMethod, AttributionDocument, AttributionLine } from '../schemas/attribution-document.ts';
import type { ReportStatus } from '../schemas/cost-report.ts';
import { formatDay } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';
import { storedAmount } from './stored-amount.ts';

/** Which documents of a day to read; what is absent does not matter. */
export interface DocumentFilter {
  readonly tenant?: string;
}

/**
 * The current documents of a day as Postgres has them, by tenant and currency. Those of tenants that have no cost any
 * more are left out.
 */
export async function readDocuments(
  pool: Pool,
  day: Day,
  filter: DocumentFilter = {},
): Promise<readonly AttributionDocument[]> {
  const parameters = [formatDay(day), filter.tenant ?? null];
  const { rows: documents } = await pool.query<DocumentRow>(selectDocuments, parameters);
  const { rows: lines } = await pool.query<LineRow>(selectLines, parameters);
  const linesOf = Map.groupBy(lines, (line) => `${line.tenant}\n${line.currency}`);
  return documents.map((row) => ({
    ...documentHead(row, day),
    lines: (linesOf.get(`${row.tenant}\n${row.currency}`) ?? []).map(lineOf),
  }));
}

/** A document without its lines. */
export function documentHead(row: DocumentRow, day: Day): Omit<AttributionDocument, 'lines'> {
  const { tenant, currency, status, digest } = row;
  return {
    ...{ day, tenant, currency, status, digest },
    billed: storedAmount(row.billed),
    effective: storedAmount(row.effective),
    calcVersion: row.calc_version,
    revision: Number(row.revision),
  };
}

const selectDocuments = `
  SELECT tenant, currency, status, billed, effective, calc_version, revision, digest
  FROM attribution
  WHERE day = $1 AND ($2::text IS NULL OR tenant = $2) AND lines > 0
  ORDER BY tenant, currency`;

const selectLines = `
  SELECT tenant, currency, source, account, service, cluster, namespace, region, sub_account, category,
         product, tier, rule_id, method, driver, weight, total_weight, billed, effective, reason
  FROM attribution_line
  WHERE day = $1 AND ($2::text IS NULL OR tenant = $2)
  ORDER BY tenant, currency, line`;

/** The columns of a document that its tables, the current one and the history, have in common. */
export interface DocumentRow {
  tenant: string;
  currency: string;
  status: ReportStatus;
  billed: string;
  effective: string;
  calc_version: number;
  revision: string;
  digest: string;
}

interface LineRow {
  tenant: string;
  currency: string;
  source: string;
  account: string;
  service: string;
  cluster: string;
  namespace: string;
  region: string;
  sub_account: string;
  category: string;
  product: string;
  tier: string;
  rule_id: string;
  method: AllocationMethod;
  driver: string;
  weight: string | null;
  total_weight: string | null;
  billed: string;
  effective: string;
  reason: string;
}

function lineOf(row: LineRow): AttributionLine {
  return {
    source: row.source,
    account: row.account,
    service: row.service,
    cluster: row.cluster,
    namespace: row.namespace,
    region: row.region,
    subAccount: row.sub_account,
    category: row.category,
    product: row.product,
    tier: row.tier,
    ruleId: row.rule_id,
    method: row.method,
    driver: row.driver,
    weight: row.weight ?? '',
    totalWeight: row.total_weight ?? '',
    billed: storedAmount(row.billed),
    effective: storedAmount(row.effective),
    reason: row.reason,
  };
}
