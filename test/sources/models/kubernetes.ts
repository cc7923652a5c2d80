import { ApiServer } from '../kubernetes/api-server.ts';
import { kubeconfigOf } from '../kubernetes/kubeconfig.ts';
import { keyOf, MINUTE, NOW, pod } from '../kubernetes/opened.ts';
import type { SourceModel, SourceUnderTest } from '../poller-promises.ts';
import { standingUsage } from '../standing.ts';
import type { UpstreamAnswer, UpstreamRequest } from '../upstream.ts';

const WINDOW = 5 * MINUTE;
const MAX_GAP = 10 * MINUTE;

/** A cluster with one workload of each kind, and a CronJob that leaves a pod behind every time. */
class Cluster implements SourceModel {
  readonly server: ApiServer;
  readonly #clock: { nowMs: number };
  readonly #standing = new Map<string, number>();
  #polledAt: number | null = null;
  #runs = 0;

  constructor(clock: { nowMs: number }) {
    this.#clock = clock;
    this.server = new ApiServer(clock);
    this.server.links.set('ReplicaSet/api-7f', 'Deployment/api');
    this.server.pods = [
      pod({ name: 'api-7f-a', controller: 'ReplicaSet/api-7f' }),
      pod({ name: 'api-7f-b', controller: 'ReplicaSet/api-7f' }),
      pod({ name: 'by-hand', cpu: '1', usage: { cpu: '67130000n', memory: '64Mi' } }),
      pod({ name: 'store-0', namespace: 'data', controller: 'StatefulSet/store', memory: '4Gi' }),
    ];
  }

  get paging() {
    return this.server.paging;
  }

  set paging(paging) {
    this.server.paging = paging;
  }

  answer(request: UpstreamRequest): UpstreamAnswer {
    return this.server.answer(request);
  }

  goOn(): void {
    this.#clock.nowMs += WINDOW;
    this.#runs += 1;
    const job = `Job/nightly-${this.#runs}`;
    this.server.links.set(job, 'CronJob/nightly');
    const [startedAt, endedAt] = [this.#clock.nowMs - 2 * MINUTE, this.#clock.nowMs - MINUTE];
    const name = `nightly-${this.#runs}-x`;
    this.server.pods.push(pod({ name, controller: job, startedAt, endedAt, cpu: '1', memory: '1Gi', usage: null }));
  }

  /** Called after each good poll, all of which are at the end of a window: what they found holds since the one before. */
  truth(): ReadonlyMap<string, number> {
    const to = this.#clock.nowMs;
    const from = this.#polledAt;
    this.#polledAt = to;
    if (from !== null && to - from <= MAX_GAP) for (const span of windowsOf(from, to)) this.#meter(...span);
    return new Map([...this.#standing].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #meter(from: number, to: number): void {
    this.#add('covered_seconds', '', '', from, (to - from) / 1000);
    for (const { name, namespace, controller, startedAt, endedAt = to, cpu, memory, usage } of this.server.pods) {
      const seconds = Math.max(0, Math.min(to, endedAt) - Math.max(from, startedAt ?? to)) / 1000;
      const owner = this.server.links.get(controller ?? '') ?? controller ?? `Pod/${name}`;
      const add = (meter: string, quantity: number): void => this.#add(meter, namespace, owner, from, quantity);
      add('pod_seconds', seconds);
      add('cpu_request_millicore_seconds', seconds * millicores(cpu));
      add('memory_request_mib_seconds', seconds * mib(memory));
      if (usage === null) add('unmeasured_pod_seconds', seconds);
      add('cpu_usage_millicore_seconds', seconds * millicores(usage?.cpu ?? '0m'));
      add('memory_usage_mib_seconds', seconds * mib(usage?.memory ?? '0Mi'));
    }
  }

  #add(meter: string, namespace: string, owner: string, at: number, quantity: number): void {
    if (quantity === 0) return;
    const key = keyOf(meter, namespace, owner, at);
    this.#standing.set(key, Math.round(((this.#standing.get(key) ?? 0) + quantity) * 1000) / 1000);
  }
}

function windowsOf(from: number, to: number): readonly (readonly [number, number])[] {
  const spans: [number, number][] = [];
  for (let at = from; at < to; at = Math.min(to, at + WINDOW)) spans.push([at, Math.min(to, at + WINDOW)]);
  return spans;
}

function millicores(text: string): number {
  if (text.endsWith('n')) return Number(text.slice(0, -1)) / 1e6;
  return text.endsWith('m') ? Number(text.slice(0, -1)) : Number(text) * 1000;
}

function mib(text: string): number {
  return text.endsWith('Gi') ? Number(text.slice(0, -2)) * 1024 : Number(text.slice(0, -2));
}

export const kubernetesSource: SourceUnderTest = {
  name: 'kubernetes',
  nowMs: NOW,
  settings: (url) => ({ clusters: [{ name: 'prod-eu-1', kubeconfig: kubeconfigOf(url) }], requestSeconds: 1 }),
  model: (clock) => new Cluster(clock),
  standing: ({ samples }) => standingUsage(samples),
};
