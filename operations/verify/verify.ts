import type { Kafka } from 'kafkajs';
import type { Pool } from 'pg';
import type { PreparedCodec } from '../../runtime/kafka/codec.ts';
import type { DayRange } from '../select-days.ts';
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
}

/** Audits the days; see each check for what it compares. Nothing is written. */
export async function verify({ kafka, pool, prefix, codec }: Audited, range: DayRange): Promise<readonly Check[]> {
  const topics = await readTopicDays(kafka, prefix, codec, range);
  return [
    ...(await checkConservation(pool, range)),
    ...(await checkTopicsAndPostgres(pool, range, topics)),
    ...(await checkRollUps(pool, range)),
    checkRecomputed(topics),
  ];
}
