import type { Pool } from 'pg';
import { formatAmount } from '../../attribution/amount.ts';
import { storedAmount } from '../../operations/stored-amount.ts';
import type { Call } from '../../schemas/call.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import { dayOf, formatDay } from '../../schemas/day.ts';
import type { Amount, Day } from '../../schemas/scalars.ts';
import { costReports } from '../../schemas/topics.ts';

interface DaySums {
  calls: number;
  durationMs: number;
  /** By key: a later report stands in the place of an earlier one. */
  readonly reports: Map<string, CostReport>;
}

/** What was sent, day by day, and whether Postgres says the same: a fast wrong answer is no figure. */
export class Ledger {
  readonly #days = new Map<Day, DaySums>();

  addCall(call: Call): void {
    const sums = this.#sumsOf(dayOf(call.endedAt));
    sums.calls += 1;
    sums.durationMs += call.endedAt - call.startedAt;
  }

  addReport(report: CostReport): void {
    this.#sumsOf(report.day).reports.set(costReports.key(report), report);
  }

  /** All calls counted, all time split, all cost on lines, in weeks and in months. Throws where Postgres differs. */
  async check(pool: Pool): Promise<void> {
    const { rows: days } = await pool.query<StoredDay>(SELECT_DAYS);
    const { rows: sums } = await pool.query<StoredSums>(SELECT_SUMS);
    const faults = this.faults(days, sums);
    if (faults.length > 0) throw new Error(`Postgres differs from what was sent:\n${faults.join('\n')}`);
  }

  /** What is wrong with what is stored, in words. */
  faults(days: readonly StoredDay[], sums: readonly StoredSums[]): readonly string[] {
    const expected = new Map([...this.#days].map(([day, sent]) => [formatDay(day), textOf(sent)]));
    const found = new Map(days.map((stored) => [stored.day, storedText(stored)]));
    const differing = [...new Set([...expected.keys(), ...found.keys()])].filter(
      (day) => expected.get(day) !== found.get(day),
    );
    return [
      ...differing.map((day) => `${day}: ${found.get(day) ?? 'nothing'} instead of ${expected.get(day) ?? 'nothing'}`),
      ...sums
        .filter(({ lines, weeks, months }) => lines !== weeks || lines !== months)
        .map(({ lines, weeks, months }) => `${lines} on lines, ${weeks} in weeks, ${months} in months`),
    ];
  }

  #sumsOf(day: Day): DaySums {
    const sums = this.#days.get(day) ?? { calls: 0, durationMs: 0, reports: new Map() };
    this.#days.set(day, sums);
    return sums;
  }
}

/** A day as Postgres has it. */
export interface StoredDay {
  /** `YYYY-MM-DD` */
  readonly day: string;
  readonly calls: string;
  /** Milliseconds that were counted, and that cost was split by. */
  readonly used: string;
  readonly split: string;
  readonly billed: string;
}

/** The cost of all days. */
export interface StoredSums {
  readonly lines: string;
  readonly weeks: string;
  readonly months: string;
}

/** Usage as it was counted, and as it was split: the weights of all lines that a namespace's cost was split into. */
const SELECT_DAYS = `
  SELECT day::text, calls::text, used::text, split::text, billed::text
  FROM (SELECT day, sum(call_count) AS calls, sum(quantity) AS used FROM usage_total GROUP BY day)
  JOIN (
    SELECT day, sum(weight) FILTER (WHERE rule_id = 'shared') AS split, sum(billed) AS billed
    FROM attribution_line GROUP BY day
  ) USING (day)
  ORDER BY day`;

const SELECT_SUMS = `
  SELECT (SELECT sum(billed) FROM attribution_line)::text AS lines,
    (SELECT sum(billed) FROM tenant_week)::text AS weeks, (SELECT sum(billed) FROM tenant_month)::text AS months`;

function textOf({ calls, durationMs, reports }: DaySums): string {
  const billed = [...reports.values()].flatMap(({ lines }) => lines).reduce((sum, line) => sum + line.billed, 0n);
  return dayText(String(calls), String(durationMs), String(durationMs), billed as Amount);
}

function storedText({ calls, used, split, billed }: StoredDay): string {
  return dayText(calls, used, split, storedAmount(billed));
}

function dayText(calls: string, used: string, split: string, billed: Amount): string {
  return `${calls} calls of ${used} ms, ${split} ms split, ${formatAmount(billed)} billed`;
}
