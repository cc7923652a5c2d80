import type { Kafka } from 'kafkajs';
import type { Pool } from 'pg';
import type { PreparedCodec } from '../../runtime/kafka/codec.ts';
import type { DayRange } from '../../schemas/day.ts';
import type { Check } from './check.ts';
import { checkConservation } from './conservation.ts';
import { checkRecomputed } from './recompute.ts';
import { checkRollUps } from './roll-ups.ts';
import { readTopicDays } from './topic-days.ts';
import { checkTopicsAndPostgres } from './topics-and-postgres.ts';

/** The servers that are audited. */
export interface Audited {
  readonly kafka: Kafka;
  readonly pool: Pool;
  readonly prefix: string;
  readonly codec: PreparedCodec;
  /** Called with the number of records read so far. */
  readonly report?: (records: number) => void;
}

/** Audits the days; see each check for what it compares. Nothing is written. */
export async function verify(
  { kafka, pool, prefix, codec, report }: Audited,
  range: DayRange,
): Promise<readonly Check[]> {
  let records = 0;
  const topics = await readTopicDays(kafka, prefix, codec, range, () => report?.(++records));
  return [
    ...(await checkConservation(pool, range)),
    ...(await checkTopicsAndPostgres(pool, range, topics)),
    ...(await checkRollUps(pool, range)),
    checkRecomputed(topics),
  ];
}
