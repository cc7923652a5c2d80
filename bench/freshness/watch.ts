import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { formatDay } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import { attributions, type Topic, usageTotals } from '../../schemas/topics.ts';
import { sinkPosition } from '../pipeline/sink-position.ts';
import type { Arrivals } from './arrivals.ts';

const LOOK_EVERY_MS = 20;

/** Rows of one table that say how much of a place's usage they include. */
interface Watched {
  readonly arrivals: Arrivals;
  /** The sink moves this topic's offsets in the transactions that write the rows. */
  readonly topic: Topic<never>;
  readonly select: { readonly name: string; readonly text: string };
}

/**
 * Notes when calls become visible to whoever asks Postgres. It asks for the few offsets of the sink all the time and
 * for rows only after they have moved, on one connection, so that looking takes little from what is looked at.
 */
export async function watch(
  pool: Pool,
  day: Day,
  { usage, cost }: { readonly usage: Arrivals; readonly cost: Arrivals },
  signal: AbortSignal,
): Promise<void> {
  const watched: readonly Watched[] = [
    { arrivals: usage, topic: usageTotals, select: SELECT_USAGE },
    { arrivals: cost, topic: attributions, select: SELECT_COST },
  ];
  const positions = new Map<Topic<never>, string>();
  const client = await pool.connect();
  try {
    while (!signal.aborted) {
      for (const { arrivals, topic, select } of watched) {
        const position = await sinkPosition(client, topic);
        if (position === (positions.get(topic) ?? '')) continue;
        const { rows } = await client.query<{ place: string; sum: string }>({ ...select, values: [formatDay(day)] });
        const nowMs = performance.now();
        for (const { place, sum } of rows) arrivals.seen(place, Number(sum), nowMs);
        positions.set(topic, position);
      }
      await sleep(LOOK_EVERY_MS);
    }
  } finally {
    client.release();
  }
}

const SELECT_USAGE = {
  name: 'usage',
  text: `SELECT tenant || ' ' || namespace AS place, quantity::text AS sum FROM usage_total WHERE day = $1`,
};

const SELECT_COST = {
  name: 'cost',
  text: `
    SELECT tenant || ' ' || namespace AS place, weight::text AS sum FROM attribution_line
    WHERE day = $1 AND rule_id = 'shared' AND weight > 0`,
};
