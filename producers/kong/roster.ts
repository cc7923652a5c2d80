import { z } from 'zod';
import type { Instant } from '../../schemas/scalars.ts';
import type { PollRun } from '../poller.ts';
import { formatPodState, nothingCounted } from './pod-state.ts';
import type { Pod } from './pods.ts';

const shape = z.object({ listedAt: z.number(), pods: z.array(z.string()) });

/** The name under which a poller keeps what it has last read of a pod. */
export function stateName({ id }: Pod): string {
  return `pod/${id}`;
}

/**
 * Compares the pods with those that were there at the last run. Of one that is new it is known that it had counted
 * nothing by then, so that all of its counters count; without that, its first reading is only what later ones are
 * compared with. What is known of a pod that is gone is forgotten.
 */
export function enroll(run: PollRun, pods: readonly Pod[]): void {
  const text = run.state(ROSTER);
  const last = text === null ? null : shape.parse(JSON.parse(text));
  const known = new Set(last?.pods);
  for (const pod of pods) {
    const at = known.has(pod.id) ? null : countsSince(pod, last?.listedAt ?? null, run.startedAt);
    if (at !== null) run.setState(stateName(pod), formatPodState(nothingCounted(at)));
    known.delete(pod.id);
  }
  for (const id of known) run.setState(`pod/${id}`, '');
  run.setState(ROSTER, JSON.stringify({ listedAt: run.startedAt, pods: pods.map(({ id }) => id) }));
}

const ROSTER = 'roster';

/** Clocks of the poller and of the cluster differ by less. */
const MAX_CLOCK_SKEW_MS = 5 * 60_000;

/**
 * Since when the counters of a pod count that was not there at the last run; null when it may have counted before. A
 * pod that is older than the last run has got its labels since, or the settings have changed.
 */
function countsSince({ isPending, createdAt }: Pod, listedAt: Instant | null, now: Instant): Instant | null {
  if (isPending) return now;
  if (listedAt === null || createdAt === null || createdAt < listedAt - MAX_CLOCK_SKEW_MS) return null;
  return Math.min(now, Math.max(listedAt, createdAt));
}
