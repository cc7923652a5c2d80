import { z } from 'zod';
import { MAX_SAMPLE_WINDOW_MS, refuseSample } from '../attribution/refuse-sample.ts';
import { ApportionError } from '../runtime/errors.ts';
import { type SecretRef, secretRef } from '../runtime/secrets.ts';
import type { Instant } from '../schemas/scalars.ts';
import type { UsageSample } from '../schemas/usage-sample.ts';
import { kubernetesShape } from './kong/kubernetes-settings.ts';
import { advance, formatPodState, parsePodState } from './kong/pod-state.ts';
import { MAX_PODS, type Pod, podOfAddress } from './kong/pods.ts';
import { type Family, families, type Reading, readCounters } from './kong/read-counters.ts';
import { enroll, stateName } from './kong/roster.ts';
import { compileSamples, mappingShape, type ToSamples } from './kong/to-samples.ts';
import { definePoller, type PollRun } from './poller.ts';

/** Addresses stand in logs and in the status. */
const address = z.url({ protocol: /^https?$/ }).regex(/^[^@?#]*$/, {
  error: 'expected an address without user and query: credentials are given as headers',
});

const settings = z.strictObject({
  /** Addresses of the metrics of each Kong node, `http://10.0.0.7:8100/metrics`: never one that leads to several. */
  targets: z
    .array(address)
    .min(1)
    .max(MAX_PODS)
    .refine((list) => new Set(list).size === list.length, { error: 'an address stands there twice' })
    .nullable()
    .default(null),
  /** Finds the pods instead. */
  kubernetes: kubernetesShape.nullable().default(null),
  /** Sent with each request to Kong, each a secret: `Authorization: env:KONG_AUTHORIZATION`. */
  headers: z.record(z.string().regex(/^[\w-]+$/), secretRef).default({}),
  /** Bytes in and out per service, too. */
  bandwidth: z.boolean().default(false),
  ...mappingShape,
});

/** Requests, errors and bandwidth per service, from the counters of each Kong pod. */
export const kong = definePoller({
  name: 'kong',
  source: 'kong',
  settings,
  schedule: '*/30 * * * * *',
  lookBack: null,
  requestSeconds: 5,
  create: (config) => {
    const findPods = podFinder(config);
    const toSamples = compileSamples(config);
    const wanted: readonly Family[] = config.bandwidth ? ['requests', 'bandwidth'] : ['requests'];
    return async (run) => {
      const pods = await findPods(run);
      enroll(run, pods);
      const headers = await secretsOf(run, config.headers);
      const answers = new Map(pods.flatMap((pod) => ask(run, pod, headers, wanted)));
      // All at once, since one that does not answer must not hold up the others.
      await Promise.allSettled([...answers.values()]);
      const readings: Reading[] = [];
      await run.eachAccount([...answers.keys()], async (name) => {
        const answer = await answers.get(name);
        if (answer === undefined) throw new Error(`${name} was not asked`);
        publish(run, answer, toSamples);
        readings.push(answer.reading);
      });
      tellWhatIsMissing(run, readings, wanted);
      if (config.tenantFrom === 'consumer') tellOfVersion2(run, readings);
    };
  },
});

interface Answer {
  readonly pod: Pod;
  readonly reading: Reading;
}

type FindPods = (run: PollRun) => Promise<readonly Pod[]>;

/** @throws ApportionError `bad_settings` unless there is one way to find them */
function podFinder({ targets, kubernetes }: Pick<z.output<typeof settings>, 'targets' | 'kubernetes'>): FindPods {
  if (targets !== null && kubernetes === null) {
    const pods = targets.map(podOfAddress);
    return async () => pods;
  }
  if (targets === null && kubernetes !== null) {
    return async (run) => {
      // It stands on a library of 80 MiB, which only those who ask Kubernetes should pay for.
      const { listPods } = await import('./kong/kubernetes-pods.ts');
      return listPods(run, kubernetes);
    };
  }
  throw new ApportionError(
    'bad_settings',
    'The settings of the poller kong name its pods in no way, or in two.',
    'Give either targets or kubernetes in the file of --config, under pollers.kong.',
  );
}

async function secretsOf(run: PollRun, refs: Readonly<Record<string, SecretRef>>): Promise<Record<string, string>> {
  const headers: Record<string, string> = { accept: 'text/plain;version=0.0.4' };
  for (const [name, ref] of Object.entries(refs)) headers[name] = await run.secret(ref);
  return headers;
}

/** The name of the pod and what it answers; nothing of a pod that has no address yet. */
function ask(
  run: PollRun,
  pod: Pod,
  headers: Record<string, string>,
  wanted: readonly Family[],
): readonly (readonly [string, Promise<Answer>])[] {
  const { url, name } = pod;
  if (url === null) return [];
  const answer = run.http
    .send({ url, headers })
    .then(({ text }) => ({ pod, reading: readCounters(text, wanted, name) }));
  return [[name, answer]];
}

/** What the pod has counted since it was last read, together with what it is next compared with. */
function publish(run: PollRun, { pod, reading }: Answer, toSamples: ToSamples): void {
  const since = run.state(stateName(pod));
  const before = since === null ? null : parsePodState(since);
  const { increases, state } = advance(before, reading, run.startedAt, pod.name);
  const samples = toSamples(increases, {
    source: run.source,
    pod: pod.id,
    since: since ?? '',
    windowStart: windowStartOf(before?.at ?? run.startedAt, run.startedAt),
    windowEnd: run.startedAt,
  });
  run.usage(samples.filter((sample) => isAccepted(run, pod, sample)));
  run.setState(stateName(pod), formatPodState(state));
}

/** A clock that was set back must not give a window that ends before it starts, nor a long outage one over the limit. */
function windowStartOf(before: Instant, now: Instant): Instant {
  return Math.max(Math.min(before, now), now - MAX_SAMPLE_WINDOW_MS);
}

function isAccepted(run: PollRun, { name }: Pod, sample: UsageSample): boolean {
  const refusal = refuseSample(sample, run.startedAt);
  if (refusal !== null) {
    run.fault(`${name}: ${sample.quantity} of ${sample.meter} of ${sample.owner} are lost: ${refusal.detail}`);
  }
  return refusal === null;
}

/** A single pod without a family has had no traffic yet; when none of them has it, nobody knows whether it is turned on. */
function tellWhatIsMissing(run: PollRun, readings: readonly Reading[], wanted: readonly Family[]): void {
  if (readings.length === 0) return;
  for (const family of wanted.filter((each) => !readings.some(({ found }) => found.has(each)))) {
    const { names, setting } = families[family];
    run.fault(
      `No pod tells of ${names.join(' or ')}. Either Kong's Prometheus plugin is not set to ${setting}=true, which it is not by default since Kong 3.0, or nothing was asked of Kong since it was started: from here the two look alike.`,
    );
  }
}

function tellOfVersion2(run: PollRun, readings: readonly Reading[]): void {
  if (!readings.some(({ isVersion2 }) => isVersion2)) return;
  run.warn('Kong 2 counts the requests of consumers apart (kong_http_consumer_status), which is not read: no tenants.');
}
