import { z } from 'zod';
import type { Instant } from '../../schemas/scalars.ts';
import { instant } from '../polling/fields.ts';
import type { Pod } from './pod.ts';
import { quantity } from './quantity.ts';
import type { Resources } from './requests.ts';

/** What a pod used around one moment, by namespace and name alone: the Metrics API knows no uid. */
export interface PodUsage {
  readonly namespace: string;
  readonly name: string;
  readonly at: Instant;
  readonly usage: Resources;
}

/**
 * `PodMetrics` of metrics.k8s.io/v1beta1 (`pkg/apis/metrics/v1beta1/types.go` of kubernetes/metrics): CPU is the average
 * over a window of some seconds, memory the working set at its end.
 */
export const podUsageShape = z
  .object({
    metadata: z.object({ namespace: z.string().min(1), name: z.string().min(1) }),
    timestamp: instant,
    containers: z.array(z.object({ usage: z.object({ cpu: quantity, memory: quantity }) })),
  })
  .transform(({ metadata: { namespace, name }, timestamp, containers }): PodUsage => {
    const sum = (resource: keyof Resources) => containers.reduce((total, { usage }) => total + usage[resource], 0n);
    return { namespace, name, at: timestamp, usage: { cpu: sum('cpu'), memory: sum('memory') } };
  });

/**
 * Finds what each pod uses. What was measured before a pod had its node is of another one that had its name, as pods of
 * a StatefulSet do; and what is older than `maxAgeMs` says nothing of now.
 */
export function usageOf(
  usages: readonly PodUsage[],
  now: Instant,
  maxAgeMs: number,
): (pod: Pick<Pod, 'namespace' | 'name' | 'start'>) => Resources | null {
  const byName = new Map(usages.map((usage) => [`${usage.namespace}/${usage.name}`, usage]));
  return ({ namespace, name, start }) => {
    const found = byName.get(`${namespace}/${name}`);
    if (found === undefined || start === null || found.at < start || found.at < now - maxAgeMs) return null;
    return found.usage;
  };
}
