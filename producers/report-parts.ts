import { compareText } from '../attribution/canonical-json.ts';
import { refuseReport } from '../attribution/refuse-report.ts';
import { type CostLine, type CostReport, MAX_REPORT_BYTES } from '../schemas/cost-report.ts';
import { reportBytes } from './report-bytes.ts';

/**
 * The report whole; or one report per sub-account when that is asked for, or when the whole would be over 4 MiB. Then
 * the account's own report, with the lines of no sub-account and perhaps empty, goes along, so that it replaces a whole
 * one of earlier.
 */
export function partsOf(whole: CostReport, alwaysBySubAccount = false): CostReport[] {
  return alwaysBySubAccount || reportBytes(whole) > MAX_REPORT_BYTES ? bySubAccount(whole) : [whole];
}

/** Why a report cannot be a record, in a sentence; null when it can. */
export function faultOfReport(report: CostReport): string | null {
  const refusal = refuseReport(report);
  if (refusal !== null) return refusal.detail;
  const bytes = reportBytes(report);
  if (bytes <= MAX_REPORT_BYTES) return null;
  return `The charges of ${report.account} take ${bytes} bytes, over the ${MAX_REPORT_BYTES} of a report.`;
}

/** The account that the part of a sub-account is reported under. */
function partAccount(account: string, subAccount: string): string {
  return subAccount === '' ? account : `${account}/${subAccount}`;
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
    .map(([subAccount, lines]) => ({ ...report, account: partAccount(report.account, subAccount), lines }));
}
