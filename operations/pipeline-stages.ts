import type { Pool } from 'pg';
import type { KafkaAdmin } from '../runtime/kafka/client.ts';
import type { Committed } from '../runtime/task.ts';
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

/** What the stages are asked of. */
export interface Pipeline {
  readonly admin: KafkaAdmin;
  readonly pool: Pool;
  readonly prefix: string;
  /** How far the catalog was read, by what the attribute role wrote beside its committed offsets. */
  readonly catalogPosition: (committed: Iterable<Committed>) => number;
}

/** The stages between the input topics and Postgres, in the order data passes them. */
export function pipelineStages({ admin, pool, prefix, catalogPosition }: Pipeline): readonly Stage[] {
  const named = (...topics: readonly Topic<never>[]): string[] => topics.map((topic) => prefix + topic.name);
  const byGroup = (group: string) => (topic: string) => groupPositions(admin, prefix + group, topic);
  return [
    { role: 'meter', topics: named(calls, usage), positions: byGroup('meter') },
    { role: 'attribute', topics: named(costReports, usageTotals), positions: byGroup('attribute') },
    catalogStage(admin, {
      groupId: `${prefix}attribute`,
      inputTopic: prefix + costReports.name,
      catalogTopic: prefix + catalogs.name,
      catalogPosition,
    }),
    {
      role: 'postgres-sink',
      topics: named(costReports, usageTotals, attributions, statements, catalogs),
      positions: (topic) => sinkPositions(pool, topic.slice(prefix.length)),
    },
  ];
}

export interface CatalogReader extends Pick<Pipeline, 'catalogPosition'> {
  readonly groupId: string;
  /** Beside whose offsets it commits how far it has read the catalog. */
  readonly inputTopic: string;
  readonly catalogTopic: string;
}

/** The days that a catalog touches are out when the attribute role has committed that they are. */
export function catalogStage(admin: KafkaAdmin, reader: CatalogReader): Stage {
  const { groupId, inputTopic, catalogTopic, catalogPosition } = reader;
  return {
    role: 'attribute',
    topics: [catalogTopic],
    positions: async () => {
      const committed = await committedOf(admin, groupId, inputTopic);
      // Partitions that never committed have had no input, so no day of theirs can be touched by a catalog.
      return new Map([[0, committed.size === 0 ? Number.POSITIVE_INFINITY : catalogPosition(committed.values())]]);
    },
  };
}

/** The next offsets that a group reads, by partition. */
export async function groupPositions(
  admin: KafkaAdmin,
  groupId: string,
  topic: string,
): Promise<ReadonlyMap<number, number>> {
  const committed = await committedOf(admin, groupId, topic);
  return new Map([...committed].map(([partition, { offset }]) => [partition, offset]));
}

/** What the group committed in each partition of the topic where it ever did. */
async function committedOf(admin: KafkaAdmin, groupId: string, topic: string): Promise<ReadonlyMap<number, Committed>> {
  return (await admin.committed(groupId, [topic])).get(topic) ?? new Map();
}

async function sinkPositions(pool: Pool, topic: string): Promise<ReadonlyMap<number, number>> {
  // Before the sink has run for the first time there is no table, and nothing was read.
  const { rows: tables } = await pool.query<{ there: boolean }>(
    `SELECT to_regclass('sink_offset') IS NOT NULL AS there`,
  );
  if (tables[0]?.there !== true) return new Map();
  const { rows } = await pool.query<{ partition: number; next_offset: string | null }>(
    'SELECT partition, next_offset FROM sink_offset WHERE topic = $1',
    [topic],
  );
  return new Map(
    rows.flatMap((row) => (row.next_offset === null ? [] : [[row.partition, Number(row.next_offset)] as const])),
  );
}
