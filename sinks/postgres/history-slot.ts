import { dayOf } from '../../schemas/day.ts';
import type { Instant } from '../../schemas/scalars.ts';
import type { Revision } from './rows.ts';

const HOUR_MS = 3_600_000;

/**
 * The place of a revision in the history of its document: its own instant; but while its day still runs, the hour, so
 * that a document which changes every second leaves one row an hour.
 */
export function historySlot({ document, recordedAt }: Revision): Instant {
  const runs = dayOf(recordedAt) <= document.day;
  return runs ? Math.floor(recordedAt / HOUR_MS) * HOUR_MS : recordedAt;
}
