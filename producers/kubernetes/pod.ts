import { z } from 'zod';
import type { Instant } from '../../schemas/scalars.ts';
import { instant, textOr } from '../polling/fields.ts';
import { type Controller, controllerOf, ownerReferencesShape } from './owner.ts';
import {
  containerShape,
  effectiveRequest,
  grantedShape,
  podRequestShape,
  type Resources,
  resourcesShape,
} from './requests.ts';

/** Of a pod, what is metered. */
export interface Pod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly controller: Controller | null;
  readonly request: Resources;
  /** From when a node keeps room for it; null while none does. */
  readonly start: Instant | null;
  /** Until when; null while it lives. */
  readonly end: Instant | null;
  readonly isRunning: boolean;
}

const list = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);

const endShape = z.object({ finishedAt: instant.nullish() }).nullish();
const containerStatusShape = grantedShape.extend({ state: z.object({ terminated: endShape }).nullish() });
const conditionShape = z.object({ type: z.string(), status: z.string(), lastTransitionTime: instant.nullish() });

const statusShape = z.object({
  phase: textOr(''),
  startTime: instant.nullish(),
  conditions: list(conditionShape),
  containerStatuses: list(containerStatusShape),
  initContainerStatuses: list(containerStatusShape),
});

const specShape = z.object({
  nodeName: textOr(''),
  containers: list(containerShape),
  initContainers: list(containerShape),
  resources: podRequestShape,
  overhead: resourcesShape.nullish(),
});

const metadataShape = z.object({
  uid: z.string().min(1),
  namespace: z.string().min(1),
  name: z.string().min(1),
  creationTimestamp: instant,
  labels: z
    .record(z.string(), z.string())
    .nullish()
    .transform((labels) => labels ?? {}),
  ownerReferences: ownerReferencesShape,
});

/** A pod as `GET /api/v1/pods` lists it: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ */
export const podShape = z
  .object({ metadata: metadataShape, spec: specShape, status: statusShape })
  .transform(({ metadata, spec, status }): Pod => {
    const start = startOf(metadata, spec, status);
    return {
      uid: metadata.uid,
      namespace: metadata.namespace,
      name: metadata.name,
      labels: metadata.labels,
      controller: controllerOf(metadata.ownerReferences),
      request: effectiveRequest({
        containers: spec.containers,
        initContainers: spec.initContainers,
        pod: spec.resources,
        overhead: spec.overhead ?? {},
        granted: [...status.containerStatuses, ...status.initContainerStatuses],
      }),
      start,
      end: start === null ? null : endOf(start, status),
      isRunning: status.phase === 'Running',
    };
  });

type Status = z.output<typeof statusShape>;

/** The scheduler's word, else the kubelet's: pods that are bound by hand have no other. */
function startOf(
  { creationTimestamp }: z.output<typeof metadataShape>,
  { nodeName }: z.output<typeof specShape>,
  { conditions, startTime }: Status,
): Instant | null {
  if (nodeName === '') return null;
  const scheduled = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'True');
  return scheduled?.lastTransitionTime ?? startTime ?? creationTimestamp;
}

/** When the last container has ended; of a pod that was evicted before any began, when it last changed. */
function endOf(
  start: Instant,
  { phase, conditions, containerStatuses, initContainerStatuses }: Status,
): Instant | null {
  if (phase !== 'Succeeded' && phase !== 'Failed') return null;
  const ends = [...containerStatuses, ...initContainerStatuses].flatMap(
    ({ state }) => state?.terminated?.finishedAt ?? [],
  );
  const changes = conditions.flatMap(({ lastTransitionTime }) => lastTransitionTime ?? []);
  return Math.max(start, ...(ends.length > 0 ? ends : changes));
}
