import type { Pool } from 'pg';
import type { AttributionDocument, AttributionLine } from '../schemas/attribution-document.ts';
import type { ReportStatus } from '../schemas/cost-report.ts';
import { formatDay } from '../schemas/day.ts';
import type { Day, Instant } from '../schemas/scalars.ts';
import type { Money } from '../schemas/statement.ts';
import { readDocuments } from './read-documents.ts';
import { storedAmount } from './stored-amount.ts';

/** What a tenant was given on a day, and for each part where it comes from. */
export interface Explanation {
  readonly document: AttributionDocument;
  readonly parts: readonly ExplainedLine[];
}

export interface ExplainedLine {
  readonly line: AttributionLine;
  /** What was split by the line's rule and driver, over all tenants: the origin, or the blend part of it. */
  readonly split: Money;
  /** Newest report of the origin. */
  readonly observedAt: Instant | null;
  readonly reportStatus: ReportStatus | null;
  /** The source rows that the origin is the sum of. */
  readonly charges: readonly OriginCharge[];
}

export interface OriginCharge extends Money {
  readonly currency: string;
  readonly resource: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Walks from a tenant's amounts of a day to their origins. Empty when the tenant has no cost that day. */
export async function explain(
  pool: Pool,
  tenant: string,
  day: Day,
  product: string | null,
): Promise<readonly Explanation[]> {
  const explanations: Explanation[] = [];
  for (const document of await readDocuments(pool, day, { tenant })) {
    const lines = document.lines.filter((line) => product === null || line.product === product);
    const parts: ExplainedLine[] = [];
    for (const line of lines) parts.push(await explainLine(pool, document, line));
    explanations.push({ document, parts });
  }
  return explanations;
}

async function explainLine(pool: Pool, document: AttributionDocument, line: AttributionLine): Promise<ExplainedLine> {
  const origin = [
    formatDay(document.day),
    line.source,
    line.account,
    line.service,
    line.cluster,
    line.namespace,
    line.region,
    line.subAccount,
    line.category,
  ];
  const { rows: sums } = await pool.query<{ billed: string; effective: string }>(selectSplit, [
    ...origin,
    document.currency,
    line.ruleId,
    line.driver,
  ]);
  const { rows: charges } = await pool.query<ChargeRow>(selectCharges, origin);
  const [sum] = sums;
  const [first] = charges;
  return {
    line,
    split: { billed: storedAmount(sum?.billed ?? '0'), effective: storedAmount(sum?.effective ?? '0') },
    observedAt: first?.observed_at.getTime() ?? null,
    reportStatus: first?.status ?? null,
    charges: charges.map((row) => ({
      currency: row.currency,
      resource: row.resource,
      tags: row.tags,
      billed: storedAmount(row.billed),
      effective: storedAmount(row.effective),
    })),
  };
}

interface ChargeRow {
  observed_at: Date;
  status: ReportStatus;
  currency: string;
  resource: string;
  tags: Record<string, string>;
  billed: string;
  effective: string;
}

const selectSplit = `
  SELECT coalesce(sum(billed), 0) AS billed, coalesce(sum(effective), 0) AS effective
  FROM attribution_line
  WHERE day = $1 AND source = $2 AND account = $3 AND service = $4 AND cluster = $5 AND namespace = $6
    AND region = $7 AND sub_account = $8 AND category = $9 AND currency = $10 AND rule_id = $11 AND driver = $12`;

const selectCharges = `
  SELECT cost_report.observed_at, cost_report.status, cost_charge.currency, resource, tags,
         cost_charge.billed, cost_charge.effective
  FROM cost_charge JOIN cost_report USING (source, account, day)
  WHERE day = $1 AND source = $2 AND account = $3 AND service = $4 AND cluster = $5 AND namespace = $6
    AND region = $7 AND sub_account = $8 AND category = $9
  ORDER BY line`;
