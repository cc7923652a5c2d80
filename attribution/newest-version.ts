/** Which of two records of one key stands: for every reader the same, in whatever order they come. */
import type { UsageTotal } from '../schemas/usage-total.ts';

/** What documents and statements bear. */
export interface Versioned {
  readonly calcVersion: number;
  readonly revision: number;
}

/** Whether the later of two documents stands: with a greater or equal (calcVersion, revision). */
export function replacesVersion(later: Versioned, earlier: Versioned): boolean {
  if (later.calcVersion !== earlier.calcVersion) return later.calcVersion > earlier.calcVersion;
  return later.revision >= earlier.revision;
}

/** Whether the later of two usage totals stands: made from as much of its input, or more. */
export function replacesTotal(later: Pick<UsageTotal, 'through'>, earlier: Pick<UsageTotal, 'through'>): boolean {
  return later.through >= earlier.through;
}
