import { addDays, type DayRange, dayOf, startOf } from '../../schemas/day.ts';
import type { Day, Instant } from '../../schemas/scalars.ts';
import type { LookBack } from '../poller.ts';

/** What is known of an account from earlier runs. */
export interface AccountMemory {
  /** When it was last read whole; null before. */
  readonly readAt: Instant | null;
  /** When it is to be looked at in full again; null at once. */
  readonly fullDueAt: Instant | null;
}

export interface Window extends DayRange {
  readonly isFull: boolean;
  /** The days from this one on are asked for again at the next run in any case. */
  readonly usualFrom: Day;
}

/**
 * The days that a run asks for: from as far back as the source may have changed something since the account was last
 * read, however long ago that was, up to today.
 */
export function windowOf(lookBack: LookBack, account: AccountMemory, now: Instant): Window {
  const today = dayOf(now);
  const lastRead = Math.min(today, account.readAt === null ? today : dayOf(account.readAt)) as Day;
  const usual =
    lookBack.usual === 'previous-month' ? firstOfPreviousMonth(lastRead) : addDays(lastRead, -lookBack.usual.days);
  const { full } = lookBack;
  const isFull = full !== undefined && (account.fullDueAt === null || now >= account.fullDueAt);
  const from = isFull ? Math.min(usual, addDays(today, -full.days)) : usual;
  return { from: Math.max(from, addDays(today, -lookBack.reachDays)) as Day, to: today, isFull, usualFrom: usual };
}

function firstOfPreviousMonth(day: Day): Day {
  const date = new Date(startOf(day));
  return dayOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - 1, 1));
}
