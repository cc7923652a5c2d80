import { z } from 'zod';
import type { Instant } from '../../schemas/scalars.ts';
import { sourceError } from '../polling/errors.ts';
import { type Counter, type Family, MAX_COUNTERS, type Reading, tooMany } from './read-counters.ts';

const shape = z.object({
  at: z.number(),
  families: z.array(z.enum(['requests', 'bandwidth'])),
  nodes: z.array(z.string()),
  nginxRequests: z.number().nullable(),
  counters: z.record(z.string(), z.number()),
});

/** What was last read of a pod, as it is kept. */
export interface PodState {
  readonly at: Instant;
  /** Those that were read: what is read for the first time is only what later readings are compared with. */
  readonly families: readonly Family[];
  /** Ids of the node, the newest last. */
  readonly nodes: readonly string[];
  readonly nginxRequests: number | null;
  /** Values by the key of the counter. */
  readonly counters: ReadonlyMap<string, number>;
}

/** Reads what `formatPodState` wrote. @throws ZodError when it is something else */
export function parsePodState(text: string): PodState {
  const { counters, ...rest } = shape.parse(JSON.parse(text));
  return { ...rest, counters: new Map(Object.entries(counters)) };
}

/** The state as JSON, to be kept. */
export function formatPodState({ counters, ...rest }: PodState): string {
  return JSON.stringify({ ...rest, counters: Object.fromEntries(counters) });
}

/** The state of a pod that has counted nothing by then. */
export function nothingCounted(at: Instant): PodState {
  return { at, families: ['requests', 'bandwidth'], nodes: [], nginxRequests: null, counters: new Map() };
}

/** The counters that have risen, with how much. */
export interface Advance {
  readonly increases: readonly (readonly [Counter, number])[];
  readonly state: PodState;
}

/**
 * What a pod has counted since it was last read. A counter that is smaller than it was began anew, and so did all of
 * them when Kong was restarted: then the increase is all that is there. One that is not there keeps what it had, since
 * only a restart takes counters away: should an answer lack some, they are not counted again from nothing.
 *
 * @param before null when it was never read: then nothing has increased
 * @throws ApportionError `source_refused` when several nodes answer in turn
 */
export function advance(before: PodState | null, reading: Reading, at: Instant, what: string): Advance {
  const isAnew = before !== null && isRestarted(before, reading, what);
  const old = before === null || isAnew ? new Map<string, number>() : before.counters;
  const increases: [Counter, number][] = [];
  const counters = new Map(old);
  for (const [key, counter] of reading.counters) {
    const was = old.get(key) ?? 0;
    const increase = counter.value < was ? counter.value : counter.value - was;
    if (increase > 0 && before?.families.includes(counter.family) === true) increases.push([counter, increase]);
    counters.set(key, counter.value);
  }
  if (counters.size > MAX_COUNTERS) throw tooMany(what, counters.size);
  const nodes = nodesWith(before?.nodes ?? [], reading.node);
  const { wanted: families, nginxRequests } = reading;
  return { increases, state: { at, families, nodes, nginxRequests, counters } };
}

/**
 * A counter that has grown past its old value since a restart does not show it. The requests of all of nginx, which no
 * count of requests overtakes, most often do, and a new id of the node does.
 */
function isRestarted({ nodes, nginxRequests }: PodState, reading: Reading, what: string): boolean {
  const newest = nodes.at(-1);
  const isOther = newest !== undefined && reading.node !== null && reading.node !== newest;
  if (isOther && nodes.includes(reading.node)) {
    throw sourceError(
      'source_refused',
      `Behind ${what} several Kong nodes answer in turn, so that their counters cannot be told apart: name each pod.`,
    );
  }
  return isOther || (nginxRequests !== null && reading.nginxRequests !== null && reading.nginxRequests < nginxRequests);
}

const MAX_NODES = 8;

function nodesWith(nodes: readonly string[], node: string | null): readonly string[] {
  return node === null || node === nodes.at(-1) ? nodes : [...nodes, node].slice(-MAX_NODES);
}
