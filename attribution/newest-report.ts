import type { CostReport } from '../schemas/cost-report.ts';
import { formatDay } from '../schemas/day.ts';
import { formatAmount } from './amount.ts';
import { canonicalJson, compareText, sha256 } from './canonical-json.ts';

/**
 * Which of two reports of one source, account and day stands: the one observed later; at the same instant the one with
 * the greater SHA-256 of its key-sorted JSON, so that the order of arrival decides nothing.
 */
export function newestReport(a: CostReport, b: CostReport): CostReport {
  const later = a.observedAt - b.observedAt || compareText(sha256(reportText(a)), sha256(reportText(b)));
  return later > 0 ? a : b;
}

/** Key-sorted JSON of a report in the form of the file format, with every optional field written out. */
export function reportText(report: CostReport): string {
  return canonicalJson({
    ...report,
    day: formatDay(report.day),
    observedAt: new Date(report.observedAt).toISOString(),
    lines: report.lines.map((line) => ({
      ...line,
      billed: formatAmount(line.billed),
      effective: formatAmount(line.effective),
    })),
  });
}
