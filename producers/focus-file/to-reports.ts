import { compareText } from '../../attribution/canonical-json.ts';
import { refuseReport } from '../../attribution/refuse-report.ts';
import { type CostLine, type CostReport, MAX_REPORT_BYTES, type ReportStatus } from '../../schemas/cost-report.ts';
import { DAY_MS } from '../../schemas/day.ts';
import type { Instant } from '../../schemas/scalars.ts';
import { reportBytes } from '../report-bytes.ts';
import type { FocusFileConfig } from './config.ts';
import { asAmount, type DaySum } from './day-sums.ts';

/**
 * Makes the reports of one source, account and day: one, or one per sub-account when that is configured or one would be
 * over 4 MiB. Then the account's own report, with the lines of no sub-account and perhaps empty, goes along, so that
 * it replaces a whole one of earlier. Gives a text when the day cannot be reported.
 */
export function toReports(sum: DaySum, observedAt: Instant, config: FocusFileConfig): readonly CostReport[] | string {
  const [currency = '', ...others] = [...sum.currencies].sort(compareText);
  if (others.length > 0) {
    const found = [currency, ...others].join(' and ');
    return `The charges are in ${found}: one report has one currency. Add BillingCurrency to accountColumns.`;
  }
  const { source, account, day } = sum;
  const whole = { source, account, day, currency, observedAt, status: statusOf(sum, observedAt, config) };
  const lines = linesOf(sum);
  const one: CostReport = { ...whole, lines };
  const split = config.splitBySubAccount || reportBytes(one) > MAX_REPORT_BYTES;
  const reports = split ? bySubAccount(one) : [one];
  for (const report of reports) {
    const fault = faultOf(report);
    if (fault !== null) return fault;
  }
  return reports;
}

function statusOf(sum: DaySum, observedAt: Instant, config: FocusFileConfig): ReportStatus {
  if (config.status !== 'billing-period') return config.status;
  if (sum.billingEnd === null) return 'estimated';
  return observedAt >= sum.billingEnd + config.finalAfterDays * DAY_MS ? 'final' : 'estimated';
}

/** In canonical order, so that the order of rows decides nothing. */
function linesOf(sum: DaySum): CostLine[] {
  const entries = [...sum.lines.entries()].sort(([a], [b]) => compareText(a.key, b.key));
  return entries.map(([{ key, ...fields }, { billed, effective }]) => ({
    ...fields,
    billed: asAmount(billed),
    effective: asAmount(effective),
  }));
}

function bySubAccount(report: CostReport): CostReport[] {
  const parts = new Map<string, CostLine[]>([['', []]]);
  for (const line of report.lines) {
    const part = parts.get(line.subAccount);
    if (part === undefined) parts.set(line.subAccount, [line]);
    else part.push(line);
  }
  return [...parts.entries()]
    .sort(([a], [b]) => compareText(a, b))
    .map(([subAccount, lines]) => {
      const account = subAccount === '' ? report.account : `${report.account}/${subAccount}`;
      return { ...report, account, lines };
    });
}

function faultOf(report: CostReport): string | null {
  const refusal = refuseReport(report);
  if (refusal !== null) return refusal.detail;
  const bytes = reportBytes(report);
  if (bytes <= MAX_REPORT_BYTES) return null;
  return `The charges of ${report.account} take ${bytes} bytes, over the ${MAX_REPORT_BYTES} of a report. Add a column to accountColumns that parts them.`;
}
