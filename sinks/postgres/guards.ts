/**
 * Which of two records of a key stands, as the statements decide it too: the order of arrival decides nothing but
 * between equals, of which the later one stands.
 */
import type { ReportRow } from './rows.ts';

interface Versioned {
  readonly calcVersion: number;
  readonly revision: number;
}

/** Greater or equal (calcVersion, revision) replaces. */
export function replacesVersion(incoming: Versioned, held: Versioned): boolean {
  if (incoming.calcVersion !== held.calcVersion) return incoming.calcVersion > held.calcVersion;
  return incoming.revision >= held.revision;
}

/** Observed later replaces; at the same instant the greater digest. */
export function replacesReport(incoming: ReportRow, held: ReportRow): boolean {
  const at = incoming.report.observedAt - held.report.observedAt;
  return at === 0 ? incoming.digest >= held.digest : at > 0;
}
