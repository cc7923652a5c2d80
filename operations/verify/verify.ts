import type { Pool } from 'pg';
import { ApportionError } from '../../runtime/errors.ts';
import type { KafkaAdmin, KafkaClient } from '../../runtime/kafka/client.ts';
import type { PreparedCodec } from '../../runtime/kafka/codec.ts';
import { type DayRange, formatDay } from '../../schemas/day.ts';
import { extentText } from '../extent-text.ts';
import type { Check } from './check.ts';
import { auditConservation } from './conservation.ts';
import { checkCountedAnew } from './counted-anew.ts';
import { auditDigests } from './digests.ts';
import { auditHistory } from './history.ts';
import { checkRecomputed } from './recompute.ts';
import { checkRollUps } from './roll-ups.ts';
import { readStoredDay, storedDays } from './stored-day.ts';
import { auditStoredInputs } from './stored-inputs.ts';
import { NOTHING_PUBLISHED, publishedDays, readTopicDays } from './topic-days.ts';
import { auditTopicsAndPostgres } from './topics-and-postgres.ts';

/** The servers that are audited. */
export interface Audited {
  readonly kafka: KafkaClient;
  readonly pool: Pool;
  readonly prefix: string;
  readonly codec: PreparedCodec;
  /** Counts usage anew from the whole log, with the settings of the meter; null: the totals are taken as they stand. */
  readonly deep: DeepAudit | null;
  /** Called with the number of records read so far. */
  readonly report?: (records: number) => void;
}

export interface DeepAudit {
  readonly admin: KafkaAdmin;
  readonly openDays: number;
  readonly maxCallHours: number;
}

/**
 * Audits the days; see each check for what it compares. Together they lead from the log to every number in Postgres.
 * Nothing is written.
 *
 * - usage counted anew = totals, what of it is refused = dead letters (deep);
 * - days recomputed = documents and statements of the topics = their rows;
 * - digests of documents = their lines;
 * - weeks and months = sums of days.
 *
 * @throws ApportionError `nothing_to_verify` when neither the topics nor Postgres have anything of the days, `beyond_log` when
 *   usage is counted anew and the log does not reach back to them
 */
export async function verify(audited: Audited, range: DayRange): Promise<readonly Check[]> {
  const { kafka, pool, prefix, codec, deep, report } = audited;
  let records = 0;
  const onRecord = (): void => report?.(++records);
  const topics = await readTopicDays({ kafka, prefix, codec, range, onRecord });
  const published = publishedDays(topics);
  const audits = [auditConservation(), auditTopicsAndPostgres(), auditDigests(), auditStoredInputs(), auditHistory()];
  const days = new Set([...published.keys(), ...(await storedDays(pool, range))]);
  if (days.size === 0) throw nothingThere(range, topics.extent);
  for (const day of [...days].sort((a, b) => a - b)) {
    const stored = await readStoredDay(pool, day);
    for (const each of audits) each.audit(stored, published.get(day) ?? NOTHING_PUBLISHED);
  }
  const counting = deep === null ? null : { kafka, prefix, codec, onRecord, ...deep };
  return [
    ...audits.flatMap((each) => each.done()),
    ...(await checkRollUps(pool, range)),
    ...checkRecomputed(topics),
    ...(counting === null ? [] : await checkCountedAnew(counting, range, topics)),
  ];
}

function nothingThere({ from, to }: DayRange, extent: DayRange | null): ApportionError {
  return new ApportionError(
    'nothing_to_verify',
    `There is nothing to audit from ${formatDay(from)} to ${formatDay(to)}. ${extentText(extent)}`,
    'Give other days with --from and --to.',
  );
}
