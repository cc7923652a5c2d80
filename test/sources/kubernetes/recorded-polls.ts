/** What samples must say of recorded polls, by plain sums over the recorded texts: seconds times amounts. */
import { z } from 'zod';
import { dayOf } from '../../../schemas/day.ts';
import { readExchanges, recordingFolder } from '../../real-servers/exchange.ts';
import { NIGHTLY, WORKLOADS, type Workload } from '../../real-servers/kubernetes/workload.ts';
import { usageKey } from '../standing.ts';

/** What a poll was answered. Instants are in milliseconds. */
export interface RecordedPoll {
  /** When usage was asked for; null where there was none. */
  readonly askedAt: number | null;
  readonly pods: readonly RecordedPod[];
  /** By `namespace/name`, in nano-cores. */
  readonly cpu: ReadonlyMap<string, bigint>;
}

type RecordedPod = z.output<typeof podsShape>['items'][number];

const PODS = /^\/api\/v1\/pods\?/;
const USAGE = '/apis/metrics.k8s.io/v1beta1/pods?';

export function recordedPolls(name: string): readonly RecordedPoll[] {
  const polls: { askedAt: number | null; pods: RecordedPod[]; cpu: Map<string, bigint> }[] = [];
  for (const { request, answer } of readExchanges(recordingFolder(name))) {
    if (PODS.test(request.path) && !request.path.includes('continue=')) {
      polls.push({ askedAt: null, pods: [], cpu: new Map() });
    }
    const poll = polls.at(-1);
    if (poll === undefined || answer.status !== 200) continue;
    const json: unknown = JSON.parse(answer.body.toString());
    if (PODS.test(request.path)) poll.pods.push(...podsShape.parse(json).items);
    if (!request.path.startsWith(USAGE)) continue;
    for (const { place, askedAt, cpu } of usageShape.parse(json).items) {
      poll.askedAt = askedAt;
      poll.cpu.set(place, cpu);
    }
  }
  return polls;
}

const MINUTE = 60_000;

/**
 * All that stands after the polls at these instants, in windows of a minute. Each poll tells of the minutes that have
 * ended since the poll before. Of one that has not, it must tell nothing that counts: polls are at full minutes, or a
 * restart follows, or another poll never does.
 *
 * @param cluster as samples name it
 */
export function expectedUsage(
  cluster: string,
  polls: readonly RecordedPoll[],
  instants: readonly number[],
): ReadonlyMap<string, number> {
  const sums = new Map<string, bigint>();
  const add = (meter: string, { namespace, owner }: Pick<Workload, 'namespace' | 'owner'>, more: bigint): void => {
    const who = { meter, tenant: '', product: '', cluster, namespace, owner, windowStart: 0, windowEnd: 0 };
    const key = usageKey(who, dayOf(instants[0] ?? 0));
    sums.set(key, (sums.get(key) ?? 0n) + more);
  };
  let from = instants[0] ?? 0;
  for (const [at, poll] of polls.entries()) {
    const to = Math.max(from, Math.floor((instants[at] ?? 0) / MINUTE) * MINUTE);
    add('covered_seconds', { namespace: '', owner: '' }, BigInt(to - from) / 1000n);
    const cpu = new Map<Workload, bigint>();
    for (const pod of poll.pods) {
      const seconds = BigInt(Math.max(0, Math.min(to, pod.end ?? to) - Math.max(from, pod.start)) / 1000);
      const workload = workloadOf(pod);
      const { request, usage } = workload;
      const used = poll.cpu.get(`${pod.namespace}/${pod.name}`);
      add('pod_seconds', workload, seconds);
      add('cpu_request_millicore_seconds', workload, seconds * BigInt(request.cpu));
      add('memory_request_mib_seconds', workload, seconds * BigInt(request.memory));
      if (used === undefined) {
        add('unmeasured_pod_seconds', workload, seconds);
      } else {
        add('memory_usage_mib_seconds', workload, seconds * BigInt(usage.memory));
        cpu.set(workload, (cpu.get(workload) ?? 0n) + seconds * used);
      }
    }
    for (const [workload, nanoSeconds] of cpu) {
      add('cpu_usage_millicore_seconds', workload, nanoSeconds / 1_000_000n);
    }
    from = to;
  }
  return new Map([...sums].flatMap(([key, sum]) => (sum === 0n ? [] : [[key, Number(sum)]])));
}

/** By the first word of the pod's name, which is the workload's. */
function workloadOf({ name }: RecordedPod): Workload {
  const found = [...WORKLOADS, NIGHTLY].find(({ owner }) => name.startsWith(owner.slice(owner.indexOf('/') + 1)));
  if (found === undefined) throw new Error(`workload.yaml has no pod ${name}`);
  return found;
}

const instant = z.iso.datetime().transform((text) => Date.parse(text));

const podsShape = z.object({
  items: z.array(
    z
      .object({
        metadata: z.object({ namespace: z.string(), name: z.string() }),
        status: z.object({
          conditions: z.array(z.object({ type: z.string(), lastTransitionTime: instant })),
          containerStatuses: z.array(
            z.object({ state: z.object({ terminated: z.object({ finishedAt: instant }).optional() }) }),
          ),
        }),
      })
      .transform(({ metadata, status }) => ({
        ...metadata,
        start: status.conditions.find(({ type }) => type === 'PodScheduled')?.lastTransitionTime ?? 0,
        end: status.containerStatuses[0]?.state.terminated?.finishedAt ?? null,
      })),
  ),
});

const NANO = { n: 1n, u: 1000n, m: 1_000_000n } as const;

/** Whole micro-cores and milli-cores come as these: one of a thousand measurements. */
const nanoCores = z
  .templateLiteral([z.string().regex(/\d+/), z.enum(['n', 'u', 'm'])])
  .transform((text) => BigInt(text.slice(0, -1)) * NANO[text.slice(-1) as keyof typeof NANO]);

/** The time that metadata say is not the pod's, but that of the question. */
const usageShape = z.object({
  items: z.array(
    z
      .object({
        metadata: z.object({ namespace: z.string(), name: z.string(), creationTimestamp: instant }),
        containers: z.array(z.object({ usage: z.object({ cpu: nanoCores }) })),
      })
      .transform(({ metadata: { namespace, name, creationTimestamp }, containers }) => ({
        place: `${namespace}/${name}`,
        askedAt: creationTimestamp,
        cpu: containers.reduce((sum, { usage }) => sum + usage.cpu, 0n),
      })),
  ),
});
