import { compareText } from '../../attribution/canonical-json.ts';
import type { CostLine, CostReport, ReportStatus } from '../../schemas/cost-report.ts';
import { DAY_MS } from '../../schemas/day.ts';
import type { Instant } from '../../schemas/scalars.ts';
import { faultOfReport, partsOf } from '../report-parts.ts';
import type { FocusFileConfig } from './config.ts';
import { asAmount, type DaySum } from './day-sums.ts';

/** Makes the report of one source, account and day. Gives a text when the day cannot be reported. */
export function toReport(sum: DaySum, observedAt: Instant, config: FocusFileConfig): CostReport | string {
  const [currency = '', ...others] = [...sum.currencies].sort(compareText);
  if (others.length > 0) {
    const found = [currency, ...others].join(' and ');
    return `The charges are in ${found}: one report has one currency. Add BillingCurrency to accountColumns.`;
  }
  const { source, account, day } = sum;
  const status = statusOf(sum, observedAt, config);
  const whole: CostReport = { source, account, day, currency, observedAt, status, lines: linesOf(sum) };
  const fault = partsOf(whole, config.splitBySubAccount)
    .map(faultOfReport)
    .find((each) => each !== null);
  return fault === undefined ? whole : `${fault} Where it is too large, add a column to accountColumns that parts it.`;
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
