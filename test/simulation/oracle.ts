/** The end that a history must come to, from its inputs alone: no topics, no tasks, no order of arrival. */
import { allocateDay } from '../../attribution/allocate-day.ts';
import { compileCatalog } from '../../attribution/compile-catalog.ts';
import { newestReport } from '../../attribution/newest-report.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import { costReports } from '../../schemas/topics.ts';
import { type History, sequence } from './history.ts';
import { type Ledger, ledgerOf } from './ledger.ts';
import { naiveTotals } from './naive-metering.ts';

export function expectedLedger(history: History): Ledger {
  const inputs = sequence(history);
  const inForce = inputs.findLast((input) => input.is === 'catalog');
  if (inForce === undefined) throw new Error('a history has a catalog');
  const catalog = compileCatalog(inForce.catalog);

  const reports = newestReports(inputs.flatMap((input) => (input.is === 'report' ? [input.report] : [])));
  const totals = naiveTotals(history);
  const days = new Set([...reports, ...totals].map(({ day }) => day));
  const outcomes = [...days].map((day) =>
    allocateDay(
      {
        day,
        reports: reports.filter((report) => report.day === day),
        totals: totals.filter((total) => total.day === day),
        stamp: { calcVersion: 0, revision: 0 },
      },
      catalog,
    ),
  );
  return ledgerOf(
    outcomes.flatMap(({ documents }) => documents),
    outcomes.flatMap(({ statements }) => statements),
  );
}

function newestReports(reports: readonly CostReport[]): CostReport[] {
  const newest = new Map<string, CostReport>();
  for (const report of reports) {
    const key = costReports.key(report);
    const other = newest.get(key);
    newest.set(key, other === undefined ? report : newestReport(report, other));
  }
  return [...newest.values()];
}
