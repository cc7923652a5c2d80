import type { Pool } from 'pg';
import type { ReportStatus } from '../schemas/cost-report.ts';
import { type DayRange, formatDay, parseDay } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';
import type { MeterUsage, Money, SourceAccount, SourceStatement, Statement } from '../schemas/statement.ts';
import { storedAmount } from './stored-amount.ts';

/** The days of a range that have a statement in Postgres, rising. */
export async function statedDays(pool: Pool, { from, to }: DayRange): Promise<readonly Day[]> {
  const { rows } = await pool.query<{ day: string }>(
    'SELECT DISTINCT day::text AS day FROM statement WHERE day BETWEEN $1 AND $2 ORDER BY day',
    [formatDay(from), formatDay(to)],
  );
  return rows.flatMap((row) => parseDay(row.day) ?? []);
}

/** The current statements of a day as Postgres has them, by currency. */
export async function readStatements(pool: Pool, day: Day): Promise<readonly Statement[]> {
  const parameters = [formatDay(day)];
  const { rows: statements } = await pool.query<StatementRow>(selectStatements, parameters);
  const { rows: sources } = await pool.query<SourceRow>(selectSources, parameters);
  const { rows: reasons } = await pool.query<ReasonRow>(selectReasons, parameters);
  const { rows: usage } = await pool.query<UsageRow>(selectUsage, parameters);
  return statements.map((row) => ({
    day,
    currency: row.currency,
    calcVersion: row.calc_version,
    revision: Number(row.revision),
    digest: row.digest,
    sources: sources.filter((source) => source.currency === row.currency).map((source) => sourceOf(source, reasons)),
    missingSources: row.missing_sources,
    negativeBases: row.negative_bases.map((base) => ({ ...base, billed: storedAmount(base.billed) })),
    usage: usage.filter((meter) => meter.currency === row.currency).map(usageOf),
  }));
}

const selectStatements = `
  SELECT currency, calc_version, revision, digest, missing_sources, negative_bases
  FROM statement WHERE day = $1 ORDER BY currency`;

const selectSources = `
  SELECT currency, source, account, observed_at, status, charges, in_billed, in_effective,
         allocated_billed, allocated_effective, covered_billed, covered_effective, held_billed, held_effective,
         difference_billed, difference_effective, rate::text, rate_day::text
  FROM statement_source WHERE day = $1 ORDER BY currency, source, account`;

const selectReasons = `
  SELECT currency, source, account, outcome, reason, billed, effective
  FROM statement_reason WHERE day = $1 ORDER BY currency, source, account, outcome, reason`;

const selectUsage = `
  SELECT currency, meter, quantity, late, conflicting, duplicates
  FROM statement_usage WHERE day = $1 ORDER BY currency, meter`;

interface StatementRow {
  currency: string;
  calc_version: number;
  revision: string;
  digest: string;
  missing_sources: SourceAccount[];
  negative_bases: { tier: string; tenant: string; product: string; billed: string }[];
}

interface SourceRow {
  currency: string;
  source: string;
  account: string;
  observed_at: Date;
  status: ReportStatus;
  charges: number;
  in_billed: string;
  in_effective: string;
  allocated_billed: string;
  allocated_effective: string;
  covered_billed: string;
  covered_effective: string;
  held_billed: string;
  held_effective: string;
  difference_billed: string;
  difference_effective: string;
  rate: string | null;
  rate_day: string | null;
}

interface ReasonRow {
  currency: string;
  source: string;
  account: string;
  outcome: 'unallocated' | 'held';
  reason: string;
  billed: string;
  effective: string;
}

interface UsageRow {
  currency: string;
  meter: string;
  quantity: string;
  late: string;
  conflicting: string;
  duplicates: string;
}

function sourceOf(row: SourceRow, reasons: readonly ReasonRow[]): SourceStatement {
  const own = reasons.filter(
    (reason) => reason.currency === row.currency && reason.source === row.source && reason.account === row.account,
  );
  return {
    source: row.source,
    account: row.account,
    observedAt: row.observed_at.getTime(),
    status: row.status,
    charges: row.charges,
    in: money(row.in_billed, row.in_effective),
    allocated: money(row.allocated_billed, row.allocated_effective),
    covered: money(row.covered_billed, row.covered_effective),
    held: money(row.held_billed, row.held_effective),
    unallocated: byReason(own.filter((reason) => reason.outcome === 'unallocated')),
    difference: money(row.difference_billed, row.difference_effective),
    rate: row.rate,
    rateDay: row.rate_day === null ? null : parseDay(row.rate_day),
    heldReasons: byReason(own.filter((reason) => reason.outcome === 'held')),
  };
}

function byReason(rows: readonly ReasonRow[]): Record<string, Money> {
  return Object.fromEntries(rows.map((row) => [row.reason, money(row.billed, row.effective)]));
}

function usageOf(row: UsageRow): MeterUsage {
  return {
    meter: row.meter,
    quantity: BigInt(row.quantity),
    late: Number(row.late),
    conflicting: Number(row.conflicting),
    duplicates: Number(row.duplicates),
  };
}

function money(billed: string, effective: string): Money {
  return { billed: storedAmount(billed), effective: storedAmount(effective) };
}
