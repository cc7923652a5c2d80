import { dayOf } from '../../../schemas/day.ts';
import { Polled } from '../polled.ts';
import { standingUsage, usageKey } from '../standing.ts';
import { Upstream } from '../upstream.ts';
import { ApiServer, type PodModel } from './api-server.ts';
import { kubeconfigOf } from './kubeconfig.ts';

export const NOW = Date.parse('2026-03-10T06:00:00Z');
export const MINUTE = 60_000;

/** A pod that has run for an hour when the tests begin. */
export function pod(more: Partial<PodModel> & { readonly name: string }): PodModel {
  return {
    ...{ uid: `uid-${more.name}`, namespace: 'shop', controller: null, startedAt: NOW - 60 * MINUTE },
    ...{ cpu: '250m', memory: '512Mi', usage: { cpu: '120m', memory: '300Mi' } },
    ...more,
  };
}

/** What `standingUsage` calls a total of the cluster of the tests. */
export function keyOf(meter: string, namespace: string, owner: string, at = NOW): string {
  const who = { meter, tenant: '', product: '', cluster: 'prod-eu-1', namespace, owner, windowStart: 0, windowEnd: 0 };
  return usageKey(who, dayOf(at));
}

export interface Opened extends AsyncDisposable {
  readonly clock: { nowMs: number };
  readonly server: ApiServer;
  readonly upstream: Upstream;
  readonly polled: Polled;
  /** Polls once a minute, so many times. */
  pollMinutes(minutes: number): Promise<void>;
  /** The sum of all that was published of a workload. */
  sum(meter: string, owner: string, namespace?: string): number;
}

/** A poller before a cluster with these pods. */
export async function opened(pods: readonly PodModel[], settings: Record<string, unknown> = {}): Promise<Opened> {
  const clock = { nowMs: NOW };
  const server = new ApiServer(clock);
  server.pods = [...pods];
  const upstream = await Upstream.start(
    (request) => server.answer(request),
    () => clock.nowMs,
  );
  const { cluster = {}, ...others } = settings;
  const polled = new Polled({
    name: 'kubernetes',
    settings: {
      clusters: [{ name: 'prod-eu-1', kubeconfig: kubeconfigOf(upstream.url), ...(cluster as object) }],
      requestSeconds: 2,
      ...others,
    },
    clock,
  });
  return {
    ...{ clock, server, upstream, polled },
    pollMinutes: async (minutes) => {
      for (let minute = 0; minute < minutes; minute++) {
        clock.nowMs += MINUTE;
        await polled.poll();
      }
    },
    sum: (meter, owner, namespace = 'shop') => standingUsage(polled.samples).get(keyOf(meter, namespace, owner)) ?? 0,
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  };
}
