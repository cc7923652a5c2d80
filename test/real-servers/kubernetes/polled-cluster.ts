/** What tests before the real cluster and those on its recordings do alike, or the latter would ask for something else. */
import { kubeconfigOf } from '../../sources/kubernetes/kubeconfig.ts';
import { Polled, type PolledOptions } from '../../sources/polled.ts';

export const MINUTE = 60_000;

/** As samples name the cluster. */
export const CLUSTER = 'real';

/** Some pods are enough for pages and for what lacks metrics, and make small recordings. */
export const TWO_WORKLOADS = 'app in (api, store)';
export const ONE_WORKLOAD = 'app=store';

/** The poller before a server without TLS, with windows of a minute. */
export function polledBefore(url: string, clock: PolledOptions['clock'], selector = '', token?: string): Polled {
  const clusters = [{ name: CLUSTER, kubeconfig: kubeconfigOf(url, token), selector }];
  // A page that is to expire is answered late.
  return new Polled({ name: 'kubernetes', settings: { clusters, windowMinutes: 1, requestSeconds: 150 }, clock });
}

/** A clock of the test's own, at a whole minute at which no pod is so new that nobody expects its usage. */
export function clockAfter(ms: number): { nowMs: number } {
  return { nowMs: (Math.floor(ms / MINUTE) + 5) * MINUTE };
}
