import { DAY_MS, startOf } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import type { PollRun } from '../poller.ts';
import { failureOf } from '../polling/errors.ts';
import type { Auth0Api, LogReading } from './api.ts';
import { type Checkpoint, gapBetween, gapText, parseCheckpoint } from './checkpoint.ts';
import { toSamples } from './to-samples.ts';

export interface LoginOptions {
  readonly url: string;
  readonly types: readonly string[];
  readonly since: Day | null;
  readonly retentionDays: number;
  readonly maxPages: number;
}

/** Logs may come as late as this after their date: what is dated later than this is not known to be complete. */
const DELAY_MS = 3_600_000;
/** For how long people are told of a gap. */
const TELL_GAP_MS = 7 * DAY_MS;

/** Reads on from the checkpoint; what was counted and the new checkpoint are saved together, at the end of the run. */
export async function readLogins(run: PollRun, api: Auth0Api, options: LoginOptions): Promise<void> {
  const { url, types, maxPages, retentionDays } = options;
  const { host } = new URL(url);
  // Another Auth0 tenant has logs of its own.
  const place = `logs of ${host}`;
  const saved = run.state(place);
  const before = saved === null ? await begin(run, api, options.since) : parseCheckpoint(saved);
  const { entries, next, isEnd } = await readOn(api, before, maxPages);

  const dates = entries.flatMap(({ date }) => (date === null ? [] : [date]));
  const gap = gapBetween(before.upTo, dates[0] ?? null, run.startedAt, retentionDays);
  if (gap !== null) run.fault(gapText(gap, retentionDays));
  else if (before.gap !== null && run.startedAt - before.gap.foundAt < TELL_GAP_MS) {
    run.warn(gapText(before.gap, retentionDays));
  }
  if (!isEnd) run.warn(`There is more to read than ${maxPages} pages (maxPages): the next run goes on.`);

  const counted = entries.filter(({ type }) => types.includes(type));
  if (counted.length > 0) {
    const { samples, unknown } = toSamples(counted, { source: run.source, host, catalog: await run.catalog() });
    run.usage(samples);
    warnOfUnknown(run, unknown);
    warnOfNamedDays(run);
  }
  const newest = isEnd ? run.startedAt : dates.reduce((a, b) => Math.max(a, b), before.upTo);
  const after: Checkpoint = {
    next,
    upTo: Math.max(before.upTo, Math.min(newest, run.startedAt) - DELAY_MS),
    gap: gap === null ? before.gap : { ...gap, foundAt: run.startedAt },
  };
  run.setState(place, JSON.stringify(after));
}

async function begin(run: PollRun, api: Auth0Api, since: Day | null): Promise<Checkpoint> {
  if (since !== null) return { next: null, upTo: startOf(since), gap: null };
  const newest = await api.newestLog();
  return { next: newest === null ? null : api.after(newest.logId), upTo: run.startedAt, gap: null };
}

/**
 * A log that has been dropped cannot be gone on from: Auth0 refuses its id. That loses nothing as long as all logs since
 * the checkpoint are kept; on a quiet tenant it happens time and again. The oldest of them is looked for and gone on from;
 * what comes twice by that is counted once.
 */
async function readOn(
  api: Auth0Api,
  { next, upTo }: Checkpoint,
  maxPages: number,
): Promise<Omit<LogReading, 'next'> & { readonly next: string | null }> {
  if (next !== null) {
    try {
      return await api.logs(next, maxPages);
    } catch (error) {
      const status = failureOf(error)?.status;
      if (status !== 400 && status !== 404) throw error;
    }
  }
  const oldest = await api.oldestLog(upTo);
  if (oldest === null) return { entries: [], next: null, isEnd: true };
  const { entries, ...rest } = await api.logs(api.after(oldest.logId), maxPages);
  return { entries: [oldest, ...entries], ...rest };
}

const MAX_NAMED = 10;

function warnOfUnknown(run: PollRun, unknown: ReadonlyMap<string, number>): void {
  if (unknown.size === 0) return;
  const named = [...unknown].map(([organization, logins]) => `${organization} (${logins})`).sort();
  const rest = named.length > MAX_NAMED ? ` and ${named.length - MAX_NAMED} more` : '';
  const shown = named.slice(0, MAX_NAMED).join(', ') + rest;
  run.warn(`Logins of organisations that no tenant of the catalog lists on their day: ${shown}.`);
}

/** A checkpoint knows no days: what of the logs were left out now would never come again. */
function warnOfNamedDays(run: PollRun): void {
  if (run.namesDays) run.warn('Logs are read on from the checkpoint, whatever days are asked for.');
}
