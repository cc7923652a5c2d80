import type { Instant } from '../../schemas/scalars.ts';
import { plus, type Sums } from './meters.ts';
import type { Resources } from './requests.ts';

/** Who is metered: a workload, or with all texts empty the cluster as a whole. */
export interface Metered {
  readonly namespace: string;
  readonly owner: string;
  readonly tenant: string;
  readonly product: string;
}

/** A pod as a poll has found it. */
export interface MeteredPod extends Metered {
  readonly start: Instant;
  readonly end: Instant | null;
  readonly request: Resources;
  /** Null when nobody knows. */
  readonly usage: Resources | null;
}

/** What was summed up since `from`, as of the poll at `at`. */
export interface OpenWindow {
  readonly from: Instant;
  readonly at: Instant;
  readonly sums: ReadonlyMap<string, Total>;
}

export interface Total {
  readonly of: Metered;
  readonly sums: Sums;
}

/** A window that no later poll adds to. */
export interface ClosedWindow {
  readonly from: Instant;
  readonly to: Instant;
  readonly totals: readonly Total[];
}

export interface WindowLimits {
  /** Windows end at multiples of it; it divides a day, so that none crosses midnight. */
  readonly windowMs: number;
  readonly maxGapMs: number;
}

/** A window into which nothing has come so far. */
export function openWindow(from: Instant): OpenWindow {
  return { from, at: from, sums: new Map() };
}

/**
 * Adds what a poll has found. It holds for the time since the poll before, of each pod from its start to its end. Of a
 * gap longer than `maxGapMs` nobody knows anything: what was summed up before it is closed there, and a window opened
 * after it. Pods that came and went between two polls without a trace are not metered.
 *
 * @param now not before the poll before
 */
export function addPoll(
  open: OpenWindow,
  pods: readonly MeteredPod[],
  now: Instant,
  { windowMs, maxGapMs }: WindowLimits,
): { readonly open: OpenWindow; readonly closed: readonly ClosedWindow[] } {
  if (now - open.at > maxGapMs) return { open: openWindow(now), closed: closedAt(open, open.at) };
  const closed: ClosedWindow[] = [];
  let current = open;
  while (current.at < now) {
    const boundary = (Math.floor(current.at / windowMs) + 1) * windowMs;
    const to = Math.min(boundary, now);
    current = { from: current.from, at: to, sums: withSpan(current.sums, pods, current.at, to) };
    if (to < boundary) break;
    closed.push(...closedAt(current, boundary));
    current = openWindow(boundary);
  }
  return { open: current, closed };
}

function closedAt({ from, sums }: OpenWindow, to: Instant): readonly ClosedWindow[] {
  return to > from ? [{ from, to, totals: [...sums.values()] }] : [];
}

const CLUSTER: Metered = { namespace: '', owner: '', tenant: '', product: '' };

function withSpan(
  before: ReadonlyMap<string, Total>,
  pods: readonly MeteredPod[],
  from: Instant,
  to: Instant,
): ReadonlyMap<string, Total> {
  const sums = new Map(before);
  const add = (of: Metered, more: Sums): void => {
    const key = keyOf(of);
    sums.set(key, { of, sums: plus(sums.get(key)?.sums ?? {}, more) });
  };
  add(CLUSTER, { covered_seconds: BigInt(to - from) });
  for (const pod of pods) {
    const ms = Math.min(to, pod.end ?? to) - Math.max(from, pod.start);
    if (ms > 0) add(meteredOf(pod), sumsOf(pod, BigInt(ms)));
  }
  return sums;
}

function sumsOf({ request, usage }: MeteredPod, ms: bigint): Sums {
  return {
    cpu_usage_millicore_seconds: (usage?.cpu ?? 0n) * ms,
    cpu_request_millicore_seconds: request.cpu * ms,
    memory_usage_mib_seconds: (usage?.memory ?? 0n) * ms,
    memory_request_mib_seconds: request.memory * ms,
    pod_seconds: ms,
    unmeasured_pod_seconds: usage === null ? ms : 0n,
  };
}

function meteredOf({ namespace, owner, tenant, product }: Metered): Metered {
  return { namespace, owner, tenant, product };
}

/** A text that no other workload has. */
export function keyOf({ namespace, owner, tenant, product }: Metered): string {
  return JSON.stringify([namespace, owner, tenant, product]);
}
