import { canonicalJson, sha256 } from '../../attribution/canonical-json.ts';
import { LineFault } from '../json-lines/line-fault.ts';
import { sourceError } from '../polling/errors.ts';
import { type MetricSample, parsePrometheusText } from './prometheus-text.ts';

export type Family = 'requests' | 'bandwidth';

/**
 * What Kong's metrics are called, 3.x first, and the setting of its Prometheus plugin that turns them on, since 3.0 off
 * by default. Source: Kong/kong kong/plugins/prometheus/exporter.lua of 3.x and 2.8.1.
 */
export const families: Readonly<
  Record<Family, { readonly names: readonly [string, string]; readonly setting: string }>
> = {
  requests: { names: ['kong_http_requests_total', 'kong_http_status'], setting: 'status_code_metrics' },
  bandwidth: { names: ['kong_bandwidth_bytes', 'kong_bandwidth'], setting: 'bandwidth_metrics' },
};

/** One counter of a Kong pod: a series of a family. */
export interface Counter {
  readonly family: Family;
  /** Name of the service, or its host; may be empty. */
  readonly service: string;
  /** Empty unless the plugin counts `per_consumer`, and for requests of nobody in particular. */
  readonly consumer: string;
  /** HTTP status of the answer; empty for bandwidth. */
  readonly code: string;
  /** Who answered: `service`, or Kong itself under several names. Empty in 2.x, which does not say, and for bandwidth. */
  readonly answeredBy: string;
  /** `ingress` or `egress`; empty for requests. */
  readonly direction: string;
  /** Since Kong was started, at most 2^53. */
  readonly value: number;
}

/** What a pod says of itself at one instant. */
export interface Reading {
  /** By a digest of the series. */
  readonly counters: ReadonlyMap<string, Counter>;
  /** Families that were looked for. */
  readonly wanted: readonly Family[];
  /** Those of which there is at least one series. */
  readonly found: ReadonlySet<Family>;
  /** By the names of its metrics. */
  readonly isVersion2: boolean;
  /** Kong's id of this node, new with every start unless it is configured; null in 2.x. */
  readonly node: string | null;
  /** All requests that nginx has answered since it was started, of `/metrics` too; null where that is not told. */
  readonly nginxRequests: number | null;
}

/** Counters of one pod. They are kept as one record, which takes at most 1 MiB. */
export const MAX_COUNTERS = 20_000;

/**
 * Reads the text of a pod's `/metrics`.
 *
 * @param what the pod, as errors name it
 * @throws ApportionError `source_garbled`, or `run_too_large` beyond `MAX_COUNTERS`
 */
export function readCounters(text: string, wanted: readonly Family[], what: string): Reading {
  const samples = parsePrometheusText(text);
  if (samples instanceof LineFault) throw sourceError('source_garbled', `${what}: ${samples.detail}`);
  if (!samples.some(({ name }) => name.startsWith('kong_'))) {
    throw sourceError('source_garbled', `${what} has no metric of Kong. Is it the Status API of Kong?`);
  }
  const counters = new Map<string, Counter>();
  const found = new Set<Family>();
  for (const family of wanted) {
    for (const sample of seriesOf(family, samples)) {
      const key = keyOf(sample);
      if (counters.has(key)) throw sourceError('source_garbled', `${what}: a series of ${sample.name} comes twice.`);
      counters.set(key, counterOf(family, sample, what));
      found.add(family);
    }
  }
  if (counters.size > MAX_COUNTERS) throw tooMany(what, counters.size);
  const nginx = samples.find(isNginxRequests);
  return {
    counters,
    wanted,
    found,
    isVersion2: samples.some(({ name }) => name === families.requests.names[1] || name === families.bandwidth.names[1]),
    node: nginx?.labels.get('node_id') ?? null,
    nginxRequests: nginx === undefined ? null : countOf(nginx, what),
  };
}

export function tooMany(what: string, count: number) {
  return sourceError(
    'run_too_large',
    `${what} has ${count} counters, and at most ${MAX_COUNTERS} are read. Leave per_consumer off, or have fewer routes.`,
  );
}

/** A Kong has either the one name or the other; should both stand there, they count the same requests. */
function seriesOf(family: Family, samples: readonly MetricSample[]): readonly MetricSample[] {
  const series = families[family].names.map((wanted) => samples.filter(({ name }) => name === wanted));
  return series.find(({ length }) => length > 0) ?? [];
}

function counterOf(family: Family, sample: MetricSample, what: string): Counter {
  const label = (name: string): string => sample.labels.get(name) ?? '';
  return {
    family,
    service: label('service'),
    consumer: label('consumer'),
    code: label('code'),
    answeredBy: label('source'),
    // 2.x calls it the type.
    direction: label('direction') || label('type'),
    value: countOf(sample, what),
  };
}

/** 3.x: `kong_nginx_requests_total{node_id,subsystem}`, a gauge by its type. 2.x: one of the states of connections. */
function isNginxRequests({ name, labels }: MetricSample): boolean {
  if (name === 'kong_nginx_requests_total') return labels.get('subsystem') === 'http';
  return name === 'kong_nginx_http_current_connections' && labels.get('state') === 'total';
}

/**
 * Kong keeps counters as doubles, and from 10^14 on writes them with 14 digits and an exponent: then they rise in steps,
 * whose sum is right.
 */
function countOf({ name, value }: MetricSample, what: string): number {
  const count = Number(value);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw sourceError('source_garbled', `${what}: ${name} is ${value}, which is no count of 0 to 2^53.`);
}

/** 96 bits of a digest: two series of one pod that share it will not be met, and the labels would take ten times as much. */
function keyOf({ name, labels }: MetricSample): string {
  const digest = sha256(canonicalJson([name, Object.fromEntries(labels)]));
  return Buffer.from(digest.slice(0, 24), 'hex').toString('base64url');
}
