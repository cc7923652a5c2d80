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

  /** All calls counted, all time split, all cost on lines, weeks and months. Throws where anything differs. */
  async check(pool: Pool): Promise<void> {
    const expected = [...this.#days].sort(([a], [b]) => a - b).map(([day, sums]) => textOf(day, sums));
    const { rows: days } = await pool.query<DayRow>(SELECT_DAYS);
    const found = days.map(({ day, calls, used, split, billed }) =>
      [day, calls, used, split, formatAmount(storedAmount(billed))].join(' '),
    );
    if (found.join('\n') !== expected.join('\n')) {
      throw new Error(`Postgres has\n${found.join('\n')}\nof what was sent:\n${expected.join('\n')}`);
    }
    const { rows: sums } = await pool.query<{ lines: string; weeks: string; months: string }>(SELECT_SUMS);
    for (const { lines, weeks, months } of sums) {
      if (lines !== weeks || lines !== months)
        throw new Error(`${lines} on lines, ${weeks} in weeks, ${months} in months`);
    }
  }

  #sumsOf(day: Day): DaySums {
    const sums = this.#days.get(day) ?? { calls: 0, durationMs: 0, reports: new Map() };
    this.#days.set(day, sums);
    return sums;
  }
}

interface DayRow {
  readonly day: string;
  readonly calls: string;
  readonly used: string;
  readonly split: string;
  readonly billed: string;
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

function textOf(day: Day, { calls, durationMs, reports }: DaySums): string {
  const billed = [...reports.values()].flatMap(({ lines }) => lines).reduce((sum, line) => sum + line.billed, 0n);
  return [formatDay(day), calls, durationMs, durationMs, formatAmount(billed as Amount)].join(' ');
}
