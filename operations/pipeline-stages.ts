import type { Admin } from 'kafkajs';
import type { Pool } from 'pg';
import {
  attributions,
  calls,
  catalogs,
  costReports,
  statements,
  type Topic,
  usage,
  usageTotals,
} from '../schemas/topics.ts';
import type { Stage } from './settle.ts';

/** The stages between the input topics and Postgres, in the order data passes them. */
export function pipelineStages(admin: Admin, pool: Pool, prefix: string): readonly Stage[] {
  const named = (...topics: readonly Topic<never>[]): string[] => topics.map((topic) => prefix + topic.name);
  const byGroup = (group: string) => (topic: string) => groupPositions(admin, prefix + group, topic);
  return [
    { role: 'meter', topics: named(calls, usage), positions: byGroup('meter') },
    { role: 'attribute', topics: named(costReports, usageTotals), positions: byGroup('attribute') },
    {
      role: 'postgres-sink',
      topics: named(costReports, usageTotals, attributions, statements, catalogs),
      positions: (topic) => sinkPositions(pool, topic.slice(prefix.length)),
    },
  ];
}

async function groupPositions(admin: Admin, groupId: string, topic: string): Promise<ReadonlyMap<number, number>> {
  const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
  const positions = new Map<number, number>();
  for (const { partition, offset } of offsets?.partitions ?? []) {
    // The broker answers -1 where the group never committed.
    if (Number(offset) >= 0) positions.set(partition, Number(offset));
  }
  return positions;
}

async function sinkPositions(pool: Pool, topic: string): Promise<ReadonlyMap<number, number>> {
  const { rows } = await pool.query<{ partition: number; next_offset: string }>(
    'SELECT partition, next_offset FROM sink_offset WHERE topic = $1',
    [topic],
  );
  return new Map(rows.map((row) => [row.partition, Number(row.next_offset)]));
}
