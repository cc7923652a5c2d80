import { z } from 'zod';
import { quantity } from './quantity.ts';

/** CPU in nano-cores and memory in nano-bytes. */
export interface Resources {
  readonly cpu: bigint;
  readonly memory: bigint;
}

export const resourcesShape = z.object({ cpu: quantity.optional(), memory: quantity.optional() });

type Amounts = z.output<typeof resourcesShape>;
type Resource = keyof Resources;

const requests = z
  .object({ requests: resourcesShape.nullish() })
  .nullish()
  .transform((found): Amounts => found?.requests ?? {});

export const containerShape = z.object({ name: z.string(), restartPolicy: z.string().nullish(), resources: requests });

/** What a container has got by now: another than it asks for while a resize is under way, or cannot be done. */
export const grantedShape = z.object({ name: z.string(), resources: requests });

/** What a pod asks for. */
export interface Asked {
  readonly containers: readonly z.output<typeof containerShape>[];
  readonly initContainers: readonly z.output<typeof containerShape>[];
  /** Of the pod as a whole, instead of the sum of its containers (KEP-2837). */
  readonly pod: Amounts;
  readonly overhead: Amounts;
  readonly granted: readonly z.output<typeof grantedShape>[];
}

export const podRequestShape = requests;

/**
 * What the scheduler keeps free for a pod: the larger of what its containers and sidecars need together, and of what any
 * of its init containers needs beside the sidecars that start before it; and what the runtime takes on top. A sidecar is
 * an init container that restarts always (KEP-753).
 */
export function effectiveRequest(asked: Asked): Resources {
  const granted = new Map(asked.granted.map(({ name, resources }) => [name, resources]));
  return { cpu: requestOf('cpu', asked, granted), memory: requestOf('memory', asked, granted) };
}

function requestOf(resource: Resource, asked: Asked, granted: ReadonlyMap<string, Amounts>): bigint {
  const of = ({ name, resources }: Asked['containers'][number]): bigint =>
    granted.get(name)?.[resource] ?? resources[resource] ?? 0n;
  let sidecars = 0n;
  let starting = 0n;
  for (const init of asked.initContainers) {
    if (init.restartPolicy === 'Always') sidecars += of(init);
    else starting = larger(starting, sidecars + of(init));
  }
  const running = asked.containers.reduce((sum, container) => sum + of(container), sidecars);
  return (asked.pod[resource] ?? larger(running, starting)) + (asked.overhead[resource] ?? 0n);
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
