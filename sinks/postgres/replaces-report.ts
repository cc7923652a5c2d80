import type { ReportRow } from './rows.ts';

/**
 * Whether the later of two reports of a key stands, as the statements decide it too: observed later; at the same instant
 * with the greater or equal digest.
 */
export function replacesReport(later: ReportRow, earlier: ReportRow): boolean {
  const at = later.report.observedAt - earlier.report.observedAt;
  return at === 0 ? later.digest >= earlier.digest : at > 0;
}
