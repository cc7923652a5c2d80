import { z } from 'zod';
import { secretRef } from '../runtime/secrets.ts';
import { DAY_MS } from '../schemas/day.ts';
import type { Instant } from '../schemas/scalars.ts';
import { openAccess } from './kubernetes/access.ts';
import { KubernetesApi } from './kubernetes/api.ts';
import { ClusterMeter } from './kubernetes/cluster-meter.ts';
import { Owners } from './kubernetes/owner.ts';
import type { Pod } from './kubernetes/pod.ts';
import type { Resources } from './kubernetes/requests.ts';
import { usageOf } from './kubernetes/usage.ts';
import type { MeteredPod } from './kubernetes/window.ts';
import { definePoller, type PollRun } from './poller.ts';

const label = z.string().min(1).max(317).nullable().default(null);

const clusterShape = z
  .strictObject({
    /** What samples name as their cluster: that of the cost reports. */
    name: z.string().min(1).max(100),
    /** Where a kubeconfig stands. */
    kubeconfig: secretRef.nullable().default(null),
    /** Of the kubeconfig; its current one when null. */
    context: z.string().min(1).nullable().default(null),
    /** The cluster that this process runs in, by the service account of its pod. */
    inCluster: z.literal(true).nullable().default(null),
    /** All when null. */
    namespaces: z.array(z.string().min(1)).min(1).nullable().default(null),
    /** A label selector for pods, as `kubectl get pods --selector` takes it. */
    selector: z.string().default(''),
  })
  .refine(({ kubeconfig, inCluster }) => (kubeconfig === null) !== (inCluster === null), {
    error: 'give either kubeconfig or inCluster: true',
  });

const settings = z.strictObject({
  clusters: z
    .array(clusterShape)
    .min(1)
    .refine((clusters) => new Set(clusters.map(({ name }) => name)).size === clusters.length, {
      error: 'two clusters have the same name',
    }),
  /** Labels that name the tenant and the product, of a pod or else of its namespace; empty texts when null. */
  tenantLabel: label,
  productLabel: label,
  /** How much time one sample is about. */
  windowMinutes: z
    .int()
    .min(1)
    .max(60)
    .refine((minutes) => DAY_MS % (minutes * 60_000) === 0, { error: 'expected a number that divides a day' })
    .default(5),
  /** What a poll finds holds for the time since the one before, unless that is longer ago. Longer than a window. */
  maxGapSeconds: z.int().min(60).max(3600).default(600),
});

type Settings = z.output<typeof settings>;
type Cluster = z.output<typeof clusterShape>;

/** What pods ask for and what they use, by workload. */
export const kubernetes = definePoller({
  name: 'kubernetes',
  source: 'kubernetes',
  settings,
  schedule: '* * * * *',
  lookBack: null,
  create: (config) => {
    const polls = new Map(config.clusters.map((cluster) => [cluster.name, pollOf(cluster, config)]));
    return (run) => run.eachAccount([...polls.keys()], async (name) => polls.get(name)?.(run));
  },
});

function pollOf(cluster: Cluster, config: Settings): (run: PollRun) => Promise<void> {
  const owners = new Owners();
  const meter = new ClusterMeter(cluster.name, {
    windowMs: config.windowMinutes * 60_000,
    maxGapMs: config.maxGapSeconds * 1000,
  });
  return async (run) => meter.add(run, await podsOf(run, cluster, owners, config));
}

/** The pods that have a node, each with its workload and what it uses. */
async function podsOf(
  run: PollRun,
  cluster: Cluster,
  owners: Owners,
  config: Settings,
): Promise<readonly MeteredPod[]> {
  const { name, kubeconfig, context, namespaces, selector } = cluster;
  const access = await openAccess(run, name, kubeconfig === null ? { inCluster: true } : { kubeconfig, context });
  const api = new KubernetesApi(run.http, access, { cluster: name, namespaces, selector });
  const pods = await api.pods();
  const ownerOf = await owners.of(pods, (link) => api.links(link));
  const labelOf = await labelsIn(api, cluster, config);
  const usage = await usageIn(run, api, pods, config);
  return pods.flatMap((pod) => {
    if (pod.start === null) return [];
    const { namespace, start, end, request } = pod;
    const tenant = labelOf(pod, config.tenantLabel);
    const product = labelOf(pod, config.productLabel);
    return [{ namespace, owner: ownerOf.get(pod) ?? '', tenant, product, start, end, request, usage: usage(pod) }];
  });
}

/** Finds a label of a pod, or else of its namespace; those of single namespaces would take a right for each. */
async function labelsIn(
  api: KubernetesApi,
  { namespaces }: Cluster,
  { tenantLabel, productLabel }: Settings,
): Promise<(pod: Pod, key: string | null) => string> {
  const isAsked = (tenantLabel !== null || productLabel !== null) && namespaces === null;
  const byNamespace = isAsked ? await api.namespaceLabels() : null;
  return ({ labels, namespace }, key) =>
    key === null ? '' : (labels[key] ?? byNamespace?.get(namespace)?.[key] ?? '');
}

const WHY_NONE = {
  absent: 'it has no Metrics API (metrics.k8s.io)',
  away: 'what serves its Metrics API does not answer',
} as const;

/**
 * Finds what a pod uses, and tells of those of which nobody knows it: the pods of a node that does not answer are left
 * out of an answer that looks whole. Without any usage, requests are metered all the same.
 */
async function usageIn(
  run: PollRun,
  api: KubernetesApi,
  pods: readonly Pod[],
  { maxGapSeconds }: Settings,
): Promise<(pod: Pod) => Resources | null> {
  const { cluster } = api;
  const usages = await api.usage();
  if (typeof usages === 'string') {
    run.warn(`${cluster}: nobody knows what pods use: ${WHY_NONE[usages]}. What they request is metered.`);
    return () => null;
  }
  const usage = usageOf(usages, run.startedAt, maxGapSeconds * 1000);
  const [first, ...others] = pods.filter((pod) => isSettled(pod, run.startedAt) && usage(pod) === null);
  if (first !== undefined) {
    const example = `${first.namespace}/${first.name}`;
    run.warn(`${cluster}: nobody knows what ${others.length + 1} running pods use, ${example} for one.`);
  }
  return usage;
}

/** A pod that is new has no usage for one or two scrapes of metrics-server. */
const SETTLED_MS = 3 * 60_000;

function isSettled({ isRunning, start }: Pod, now: Instant): boolean {
  return isRunning && start !== null && now - start > SETTLED_MS;
}
