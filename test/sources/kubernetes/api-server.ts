import { SOURCE_KEY } from '../polled.ts';
import { json, type UpstreamAnswer, type UpstreamRequest } from '../upstream.ts';

/** A pod as a test describes it. Instants are in milliseconds. */
export interface PodModel {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** `ReplicaSet/api-1` for one; null for a pod that a person has made. */
  readonly controller: string | null;
  /** Null while no node has taken it. */
  readonly startedAt: number | null;
  readonly endedAt?: number;
  readonly cpu: string;
  readonly memory: string;
  /** Null where metrics-server leaves it out. */
  readonly usage: { readonly cpu: string; readonly memory: string; readonly at?: number } | null;
  readonly labels?: Readonly<Record<string, string>>;
}

/** What the Metrics API answers instead of usage; both as the real one does. */
const NO_METRICS = {
  absent: { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '404 page not found\n' },
  away: {
    status: 503,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: 'error trying to reach service: dial tcp 10.96.12.7:443: connect: connection refused',
  },
} as const;

/** A Kubernetes API server that speaks the shapes of the real one, in pages of two. */
export class ApiServer {
  pods: PodModel[] = [];
  /** Controllers of ReplicaSets and Jobs: `ReplicaSet/api-1` to `Deployment/api`. */
  readonly links = new Map<string, string>();
  readonly namespaces = new Map<string, Readonly<Record<string, string>>>();
  metrics: 'there' | keyof typeof NO_METRICS = 'there';
  paging: 'normal' | 'loop' | 'repeated' | 'empty' = 'normal';
  readonly #clock: { readonly nowMs: number };

  constructor(clock: { readonly nowMs: number }) {
    this.#clock = clock;
  }

  answer({ path, query, headers }: UpstreamRequest): UpstreamAnswer {
    if (headers.authorization !== `Bearer ${SOURCE_KEY}`) return refusal(401, 'Unauthorized');
    const [, namespace] = /\/namespaces\/([^/]+)\//.exec(path) ?? [];
    const within = this.pods.filter((pod) => namespace === undefined || pod.namespace === namespace);
    const resource = path.replace(/\/namespaces\/[^/]+\//, '/');
    switch (resource) {
      case '/api/v1/pods':
        return this.#page('PodList', within.map(podJson), query);
      case '/apis/apps/v1/replicasets':
        return this.#page('PartialObjectMetadataList', this.#linksOf('ReplicaSet'), query);
      case '/apis/batch/v1/jobs':
        return this.#page('PartialObjectMetadataList', this.#linksOf('Job'), query);
      case '/api/v1/namespaces':
        return this.#page(
          'PartialObjectMetadataList',
          [...this.namespaces].map(([name, labels]) => ({ metadata: { name, labels } })),
          query,
        );
      case '/apis/metrics.k8s.io/v1beta1/pods':
        if (this.metrics !== 'there') return NO_METRICS[this.metrics];
        // It has no pages, whatever limit one asks for.
        return json({ kind: 'PodMetricsList', metadata: {}, items: within.flatMap((pod) => this.#usageJson(pod)) });
      default:
        return refusal(404, 'NotFound');
    }
  }

  #linksOf(kind: string) {
    return [...this.links].flatMap(([link, controller]) =>
      link.startsWith(`${kind}/`)
        ? [
            {
              metadata: {
                uid: uidOf(link),
                namespace: 'all',
                name: nameOf(link),
                ownerReferences: [reference(controller)],
              },
            },
          ]
        : [],
    );
  }

  #page(kind: string, all: readonly unknown[], query: URLSearchParams): UpstreamAnswer {
    const mark = query.get('continue');
    const at = Number(mark?.replace('empty-', '') ?? '0');
    const size = Math.min(PAGE, Number(query.get('limit')));
    const list = (items: readonly unknown[], next: string) => json({ kind, metadata: { continue: next }, items });
    const items = (from: number): readonly unknown[] => all.slice(from, from + size);
    if (this.paging === 'loop') return list(items(at), 'same');
    if (this.paging === 'repeated') return list(items(0), String(at + 1));
    if (this.paging === 'empty' && mark?.startsWith('empty') === false) return list([], `empty-${mark}`);
    const next = at + size;
    return list(items(at), next < all.length ? String(next) : '');
  }

  #usageJson({ namespace, name, usage, endedAt }: PodModel): readonly unknown[] {
    if (usage === null || endedAt !== undefined) return [];
    const { cpu, memory, at = this.#clock.nowMs } = usage;
    const containers = [{ name: 'app', usage: { cpu, memory } }];
    return [{ metadata: { name, namespace }, timestamp: timeOf(at), window: '15.009s', containers }];
  }
}

const PAGE = 2;

/** The `Status` that the API server refuses with. */
export function refusal(status: number, reason: string, metadata: object = {}): UpstreamAnswer {
  const body = { kind: 'Status', apiVersion: 'v1', metadata, status: 'Failure', message: reason, reason, code: status };
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function podJson({ uid, namespace, name, controller, startedAt, endedAt, cpu, memory, labels }: PodModel) {
  const scheduled =
    startedAt === null ? [] : [{ type: 'PodScheduled', status: 'True', lastTransitionTime: timeOf(startedAt) }];
  const state = endedAt === undefined ? { running: {} } : { terminated: { exitCode: 0, finishedAt: timeOf(endedAt) } };
  return {
    metadata: {
      ...{ uid, namespace, name, labels, creationTimestamp: timeOf(startedAt ?? 0) },
      ownerReferences:
        controller === null ? undefined : [{ ...reference('Node/decoy'), controller: false }, reference(controller)],
    },
    spec: {
      ...(startedAt === null ? {} : { nodeName: 'node-1' }),
      containers: [{ name: 'app', resources: { requests: { cpu, memory } } }],
    },
    status: {
      phase: startedAt === null ? 'Pending' : endedAt === undefined ? 'Running' : 'Succeeded',
      conditions: scheduled,
      containerStatuses: startedAt === null ? [] : [{ name: 'app', state }],
    },
  };
}

const VERSIONS: Readonly<Record<string, string>> = {
  ReplicaSet: 'apps/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
  Deployment: 'apps/v1',
  Job: 'batch/v1',
  CronJob: 'batch/v1',
};

function reference(object: string) {
  const [kind = ''] = object.split('/', 1);
  return { apiVersion: VERSIONS[kind] ?? 'v1', kind, name: nameOf(object), uid: uidOf(object), controller: true };
}

function nameOf(object: string): string {
  return object.slice(object.indexOf('/') + 1);
}

function uidOf(object: string): string {
  return `uid-of-${object}`;
}

/** Kubernetes writes whole seconds. */
function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, '');
}
