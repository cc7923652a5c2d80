import { formatAmount } from '../../attribution/amount.ts';
import { canonicalJson, sha256 } from '../../attribution/canonical-json.ts';
import { reportText } from '../../attribution/newest-report.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import { costReports, usageTotals } from '../../schemas/topics.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';
import { sumMoney } from '../money.ts';
import { Checking, type DayAudit } from './check.ts';
import { compareTexts, textsOf } from './compare-texts.ts';
import type { StoredReport } from './stored-day.ts';

/** Postgres has the reports, with all charges, and the usage totals that stand in the topics, and none besides. */
export function auditStoredInputs(): DayAudit {
  const reports = new Checking('reports and charges in Postgres = standing reports of the topic');
  const totals = new Checking('usage totals in Postgres = standing totals of the topic');
  let charges = 0;
  return {
    audit(stored, published) {
      charges += published.reports.reduce((sum, { lines }) => sum + lines.length, 0);
      compareTexts(
        reports,
        ['in the topic', textsOf(published.reports.map(rowOf), ({ report }) => costReports.key(report), rowText)],
        ['in Postgres', textsOf(stored.reports, ({ report }) => costReports.key(report), rowText)],
      );
      compareTexts(
        totals,
        ['in the topic', textsOf(published.totals, usageTotals.key, totalText)],
        ['in Postgres', textsOf(stored.totals, usageTotals.key, totalText)],
      );
    },
    done: () => [reports.done(`${charges.toLocaleString('en-US')} charges`), totals.done()],
  };
}

/** What the row of a report must say. */
function rowOf(report: CostReport): StoredReport {
  return { report, digest: sha256(reportText(report)), lines: report.lines.length, ...sumMoney(report.lines) };
}

function rowText({ report, digest, lines, billed, effective }: StoredReport): string {
  const sums = { digest, lines, billed: formatAmount(billed), effective: formatAmount(effective) };
  return `{"row":${canonicalJson(sums)},"report":${reportText(report)}}`;
}

function totalText(total: UsageTotal): string {
  return canonicalJson(total);
}
