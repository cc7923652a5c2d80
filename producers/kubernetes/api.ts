import { z } from 'zod';
import type { HttpClient } from '../../runtime/http/client.ts';
import { failureOf, sourceError } from '../polling/errors.ts';
import type { Access } from './access.ts';
import { readList } from './list.ts';
import { type Link, linkShape } from './owner.ts';
import { type Pod, podShape } from './pod.ts';
import { type PodUsage, podUsageShape } from './usage.ts';

export interface ApiOptions {
  /** As messages name it. */
  readonly cluster: string;
  /** All when null: then the rights must be those of the whole cluster. */
  readonly namespaces: readonly string[] | null;
  /** A label selector for pods; empty for all. */
  readonly selector: string;
}

/** Why there is no usage: the cluster has no Metrics API, or what serves it does not answer. */
export type NoUsage = 'absent' | 'away';

/** What the API server gives at most per page; the whole list of the largest clusters would be too much for both. */
const PAGE_LIMIT = '500';

const JSON_TYPE = 'application/json';
/** Without specs and states, which of a ReplicaSet are most of it. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

/** Where each is listed, with the namespace between path and name, and what a role calls the right to do so. */
const RESOURCES = {
  pods: { path: '/api/v1', name: 'pods', right: 'pods' },
  replicasets: { path: '/apis/apps/v1', name: 'replicasets', right: 'replicasets.apps' },
  jobs: { path: '/apis/batch/v1', name: 'jobs', right: 'jobs.batch' },
  usage: { path: '/apis/metrics.k8s.io/v1beta1', name: 'pods', right: 'pods.metrics.k8s.io' },
} as const;

const namespaceShape = z
  .object({ metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()).nullish() }) })
  .transform(({ metadata: { name, labels } }) => ({ namespace: '', name, labels: labels ?? {} }));

/** What of a cluster's API the poller asks for: lists, and nothing else. */
export class KubernetesApi {
  readonly #http: HttpClient;
  readonly #access: Access;
  readonly #options: ApiOptions;

  constructor(http: HttpClient, access: Access, options: ApiOptions) {
    this.#http = http;
    this.#access = access;
    this.#options = options;
  }

  get cluster(): string {
    return this.#options.cluster;
  }

  pods(): Promise<readonly Pod[]> {
    return this.#list('pods', podShape, JSON_TYPE, this.#selected());
  }

  links(link: Link): Promise<readonly z.output<typeof linkShape>[]> {
    return this.#list(link, linkShape, METADATA_ONLY, {});
  }

  /** What pods use. The API has no pages, and leaves pods out without a word: new ones, and those of a silent node. */
  async usage(): Promise<readonly PodUsage[] | NoUsage> {
    try {
      return await this.#list('usage', podUsageShape, JSON_TYPE, this.#selected());
    } catch (error) {
      const status = failureOf(error)?.status;
      if (status === 404) return 'absent';
      // The API server says so of an API that another server serves: that one is away, not the cluster.
      if (status === 503) return 'away';
      throw error;
    }
  }

  /** Labels of the namespaces, by name. */
  async namespaceLabels(): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
    const all = await readList('namespaces', namespaceShape, (mark) =>
      this.#get('/api/v1/namespaces', 'namespaces', METADATA_ONLY, pageOf(mark)),
    );
    return new Map(all.map(({ name, labels }) => [name, labels]));
  }

  async #list<T extends { readonly namespace: string; readonly name: string }>(
    resource: keyof typeof RESOURCES,
    shape: z.ZodType<T>,
    accept: string,
    query: Readonly<Record<string, string>>,
  ): Promise<readonly T[]> {
    const { path, name, right } = RESOURCES[resource];
    const all: T[] = [];
    for (const namespace of this.#options.namespaces ?? [null]) {
      const within = namespace === null ? path : `${path}/namespaces/${encodeURIComponent(namespace)}`;
      const found = await readList(`${this.cluster} ${right}`, shape, (mark) =>
        this.#get(`${within}/${name}`, right, accept, { ...query, ...pageOf(mark) }),
      );
      for (const each of found) all.push(each);
    }
    return all;
  }

  #selected() {
    const { selector } = this.#options;
    return selector === '' ? {} : { labelSelector: selector };
  }

  async #get(path: string, right: string, accept: string, query: Readonly<Record<string, string>>): Promise<string> {
    const url = new URL(this.#access.url + path);
    url.search = new URLSearchParams(query).toString();
    try {
      return (await this.#http.send({ url, headers: { accept }, fetch: this.#access.fetch })).text;
    } catch (error) {
      if (failureOf(error)?.status !== 403) throw error;
      throw sourceError('source_forbidden', `${this.cluster}: this account may not list ${right} at ${path}.`, error);
    }
  }
}

function pageOf(mark: string | null) {
  return { limit: PAGE_LIMIT, ...(mark === null ? {} : { continue: mark }) };
}
