import { z } from 'zod';
import { DAY_MS } from '../../schemas/day.ts';
import type { Instant } from '../../schemas/scalars.ts';

/** A time of which logs may have been lost. */
export interface Gap {
  readonly from: Instant;
  readonly to: Instant;
}

/** Where reading goes on. */
export interface Checkpoint {
  /** The address to go on from; null while there is no log to go on from. */
  readonly next: string | null;
  /** All logs that are dated up to there have been read. */
  readonly upTo: Instant;
  /** The last gap that was found, and when. */
  readonly gap: (Gap & { readonly foundAt: Instant }) | null;
}

const shape: z.ZodType<Checkpoint> = z.object({
  next: z.string().nullable(),
  upTo: z.number(),
  gap: z.object({ from: z.number(), to: z.number(), foundAt: z.number() }).nullable(),
});

/** Reads what was kept as JSON. @throws ZodError when it is no checkpoint */
export function parseCheckpoint(text: string): Checkpoint {
  return shape.parse(JSON.parse(text));
}

/**
 * The time of which Auth0 may have dropped logs before they were read: that since the checkpoint, when it is longer ago
 * than logs are kept, and nothing as old has come.
 *
 * @param first the date of the first log that has come; null when none has
 */
export function gapBetween(upTo: Instant, first: Instant | null, now: Instant, retentionDays: number): Gap | null {
  const keptSince = now - retentionDays * DAY_MS;
  if (upTo >= keptSince || (first !== null && first <= keptSince)) return null;
  return { from: upTo, to: first ?? keptSince };
}

export function gapText({ from, to }: Gap, retentionDays: number): string {
  const [start, end] = [from, to].map((at) => new Date(at).toISOString());
  return (
    `Logs from ${start} to ${end} were not read before Auth0 dropped them (retentionDays: ${retentionDays}): ` +
    'logins of that time, if there were any, are missing.'
  );
}
