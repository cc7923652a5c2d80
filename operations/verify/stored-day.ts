import { gunzipSync } from 'node:zlib';
import type { Pool } from 'pg';
import type { AttributionDocument } from '../../schemas/attribution-document.ts';
import type { CostLine, CostReport, ReportStatus } from '../../schemas/cost-report.ts';
import { type DayRange, formatDay, parseDay } from '../../schemas/day.ts';
import type { Amount, Day } from '../../schemas/scalars.ts';
import type { Statement } from '../../schemas/statement.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';
import { type DocumentRow, documentHead, readDocuments } from '../read-documents.ts';
import { readStatements } from '../read-statements.ts';
import { storedAmount } from '../stored-amount.ts';

/** All that Postgres has of a day. */
export interface StoredDay {
  readonly day: Day;
  /** Those with lines. */
  readonly documents: readonly AttributionDocument[];
  readonly statements: readonly Statement[];
  readonly reports: readonly StoredReport[];
  readonly totals: readonly UsageTotal[];
  /** The rows of all documents, of those without lines too. */
  readonly heads: readonly DocumentHead[];
  /** The greatest revision of each document in the history. */
  readonly history: readonly KeptRevision[];
}

/** A report put together from its row and its charges, and what the row says of it. */
export interface StoredReport {
  readonly report: CostReport;
  readonly digest: string;
  readonly lines: number;
  readonly billed: Amount;
  readonly effective: Amount;
}

export type DocumentHead = Omit<AttributionDocument, 'lines'> & { readonly lineCount: number };

export type KeptRevision = DocumentHead & {
  /** The document as it was exported: JSON. */
  readonly document: string;
};

/** The days of a range that any table has something of, rising. */
export async function storedDays(pool: Pool, { from, to }: DayRange): Promise<readonly Day[]> {
  const { rows } = await pool.query<{ day: string }>(selectDays, [formatDay(from), formatDay(to)]);
  return rows.flatMap(({ day }) => parseDay(day) ?? []);
}

/** All that the tables have of a day, the history of its documents included. */
export async function readStoredDay(pool: Pool, day: Day): Promise<StoredDay> {
  const { rows: heads } = await pool.query<HeadRow>(selectHeads, [formatDay(day)]);
  const { rows: history } = await pool.query<HeadRow & { document: Buffer }>(selectHistory, [formatDay(day)]);
  return {
    day,
    documents: await readDocuments(pool, day),
    statements: await readStatements(pool, day),
    reports: await readReports(pool, day),
    totals: await readTotals(pool, day),
    heads: heads.map((row) => headOf(row, day)),
    history: history.map((row) => ({ ...headOf(row, day), document: textOf(row.document) })),
  };
}

const DAY_TABLES = [
  ...['attribution', 'attribution_line', 'attribution_history'],
  ...['statement', 'cost_report', 'cost_charge', 'usage_total'],
];

const selectDays = `
  SELECT day::text AS day
  FROM (${DAY_TABLES.map((name) => `SELECT day FROM ${name} WHERE day BETWEEN $1 AND $2`).join(' UNION ')}) AS days
  ORDER BY day`;

const selectHeads = `
  SELECT tenant, currency, status, billed, effective, calc_version, revision, digest, lines
  FROM attribution WHERE day = $1`;

const selectHistory = `
  SELECT DISTINCT ON (tenant, currency)
         tenant, currency, status, billed, effective, calc_version, revision, digest, lines, document
  FROM attribution_history WHERE day = $1
  ORDER BY tenant, currency, calc_version DESC, revision DESC`;

const selectReports = `
  SELECT source, account, currency, observed_at, status, digest, lines, billed, effective
  FROM cost_report WHERE day = $1`;

const selectCharges = `
  SELECT source, account, service, cluster, namespace, region, resource, sub_account, category, billed, effective, tags
  FROM cost_charge WHERE day = $1 ORDER BY source, account, line`;

const selectTotals = `
  SELECT cluster, namespace, tenant, product, meter, topic, partition, identity, refused_meter, quantity, call_count,
         duplicates, conflicting, late, through
  FROM usage_total WHERE day = $1`;

interface HeadRow extends DocumentRow {
  lines: number;
}

interface ReportRow {
  source: string;
  account: string;
  currency: string;
  observed_at: Date;
  status: ReportStatus;
  digest: string;
  lines: number;
  billed: string;
  effective: string;
}

interface ChargeRow {
  source: string;
  account: string;
  service: string;
  cluster: string;
  namespace: string;
  region: string;
  resource: string;
  sub_account: string;
  category: string;
  billed: string;
  effective: string;
  tags: Record<string, string>;
}

interface TotalRow {
  cluster: string;
  namespace: string;
  tenant: string;
  product: string;
  meter: string;
  topic: string;
  partition: number;
  identity: string;
  refused_meter: string;
  quantity: string;
  call_count: string | null;
  duplicates: string;
  conflicting: string;
  late: string;
  through: string;
}

function headOf(row: HeadRow, day: Day): DocumentHead {
  return { ...documentHead(row, day), lineCount: row.lines };
}

/** What is no gzip is no document either. */
function textOf(document: Buffer): string {
  try {
    return gunzipSync(document).toString();
  } catch {
    return '"no gzip"';
  }
}

async function readReports(pool: Pool, day: Day): Promise<readonly StoredReport[]> {
  const { rows: reports } = await pool.query<ReportRow>(selectReports, [formatDay(day)]);
  const { rows: charges } = await pool.query<ChargeRow>(selectCharges, [formatDay(day)]);
  const keyOf = ({ source, account }: { source: string; account: string }): string => JSON.stringify([source, account]);
  const linesOf = Map.groupBy(charges, keyOf);
  return reports.map((row) => {
    const { source, account, currency, status, digest, lines } = row;
    const own = (linesOf.get(keyOf(row)) ?? []).map(lineOf);
    return {
      report: { source, account, day, currency, observedAt: row.observed_at.getTime(), status, lines: own },
      ...{ digest, lines, billed: storedAmount(row.billed), effective: storedAmount(row.effective) },
    };
  });
}

function lineOf({ source: _, account: __, sub_account: subAccount, billed, effective, ...rest }: ChargeRow): CostLine {
  return { ...rest, subAccount, billed: storedAmount(billed), effective: storedAmount(effective) };
}

async function readTotals(pool: Pool, day: Day): Promise<readonly UsageTotal[]> {
  const { rows } = await pool.query<TotalRow>(selectTotals, [formatDay(day)]);
  return rows.map(({ refused_meter: refusedMeter, call_count, ...row }) => ({
    ...row,
    day,
    refusedMeter,
    quantity: BigInt(row.quantity),
    callCount: call_count === null ? null : Number(call_count),
    duplicates: Number(row.duplicates),
    conflicting: Number(row.conflicting),
    late: Number(row.late),
    through: Number(row.through),
  }));
}
