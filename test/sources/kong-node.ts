import { dayOf } from '../../schemas/day.ts';
import { usageKey } from './standing.ts';
import type { UpstreamAnswer } from './upstream.ts';

/** Requests that a Kong node has answered. */
export interface Answered {
  readonly service: string;
  readonly code?: number;
  readonly source?: string;
  readonly consumer?: string;
  readonly route?: string;
}

/** A Kong node as its Prometheus plugin shows it, and what is true of it. */
export class KongNode {
  version: 2 | 3 = 3;
  statusCodeMetrics = true;
  bandwidthMetrics = true;
  /** All that was ever answered, by meter and service, whatever became of the counters. */
  readonly truth = new Map<string, number>();
  readonly #id: string;
  #starts = 1;
  /** As in nginx: all requests, those for the metrics too. */
  #nginxRequests = 0;
  readonly #counters = new Map<string, number>();

  constructor(id = 'node') {
    this.#id = id;
  }

  /** What was answered since the node was started: lost when it restarts before it is read. */
  answer({ service, code = 200, source = 'service', consumer = '', route = 'all' }: Answered, count = 1): void {
    this.#nginxRequests += count;
    const of = `service="${escaped(service)}",route="${route}"`;
    const labels =
      this.version === 3
        ? `${of},code="${code}",source="${source}",workspace="default",consumer="${consumer}"`
        : `${of},code="${code}"`;
    this.#count(this.version === 3 ? 'kong_http_requests_total' : 'kong_http_status', labels, count);
    const name = this.version === 3 ? 'kong_bandwidth_bytes' : 'kong_bandwidth';
    const label = this.version === 3 ? 'direction' : 'type';
    for (const [direction, bytes] of [
      ['ingress', 100],
      ['egress', 1_000_000],
    ] as const) {
      this.#count(name, `${of},${label}="${direction}"`, count * bytes);
      this.#tell(`bandwidth_${direction}_bytes`, service, count * bytes);
    }
    this.#tell('request', service, count);
    if (code >= 400) this.#tell(code >= 500 ? 'request_5xx' : 'request_4xx', service, count);
    if (this.version === 3 && source !== 'service') this.#tell('request_kong', service, count);
  }

  restart(): void {
    this.#counters.clear();
    this.#nginxRequests = 0;
    this.#starts += 1;
  }

  metrics(): UpstreamAnswer {
    this.#nginxRequests += 1;
    const nginx =
      this.version === 3
        ? `kong_nginx_requests_total{node_id="${this.#id}-${this.#starts}",subsystem="http"} ${this.#nginxRequests}`
        : `kong_nginx_http_current_connections{state="total"} ${this.#nginxRequests}`;
    const series = [...this.#counters]
      .filter(([key]) => (key.includes('bandwidth') ? this.bandwidthMetrics : this.statusCodeMetrics))
      .sort()
      .map(([key, count]) => `${key} ${luaNumber(count)}`);
    const lines = [
      '# HELP kong_datastore_reachable Datastore reachable from Kong, 0 is unreachable',
      '# TYPE kong_datastore_reachable gauge',
      'kong_datastore_reachable 1',
      ...series,
      '# TYPE kong_kong_latency_ms histogram',
      'kong_kong_latency_ms_bucket{service="asr",route="all",workspace="default",le="1.5"} 0.5',
      'kong_kong_latency_ms_bucket{service="asr",route="all",workspace="default",le="+Inf"} 3 1767225600000',
      '# HELP kong_nginx_requests_total Total number of requests',
      nginx,
    ];
    return { status: 200, headers: { 'content-type': 'text/plain; charset=UTF-8' }, body: `${lines.join('\n')}\n` };
  }

  #count(name: string, labels: string, count: number): void {
    const key = `${name}{${labels}}`;
    this.#counters.set(key, (this.#counters.get(key) ?? 0) + count);
  }

  #tell(meter: string, service: string, count: number): void {
    const key = JSON.stringify([meter, service]);
    this.truth.set(key, (this.truth.get(key) ?? 0) + count);
  }
}

/** What must stand of nodes that are read from time to time: the truth of each span on the day that it begins. */
export class KongTruth {
  #readAt: number | null = null;
  #sums = new Map<string, number>();
  readonly #standing = new Map<string, number>();
  readonly #meters: RegExp;

  constructor(meters = /^request/) {
    this.#meters = meters;
  }

  /** Called after each good poll. */
  read(nodes: readonly KongNode[], nowMs: number): ReadonlyMap<string, number> {
    const sums = new Map<string, number>();
    for (const { truth } of nodes) for (const [key, sum] of truth) sums.set(key, (sums.get(key) ?? 0) + sum);
    for (const [key, sum] of sums) {
      const [meter = '', service = ''] = JSON.parse(key) as string[];
      const increase = sum - (this.#sums.get(key) ?? 0);
      if (this.#readAt === null || increase === 0 || !this.#meters.test(meter)) continue;
      const of = { tenant: '', product: '', cluster: '', namespace: '', owner: service && `service/${service}` };
      const day = dayOf(this.#readAt);
      const standing = usageKey({ meter, ...of, windowStart: 0, windowEnd: 0 }, day);
      this.#standing.set(standing, (this.#standing.get(standing) ?? 0) + increase);
    }
    this.#sums = sums;
    this.#readAt = nowMs;
    return new Map([...this.#standing].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** As Lua writes a number: 14 digits, from 10^14 on with an exponent. */
function luaNumber(count: number): string {
  return count < 1e14 ? String(count) : count.toExponential(13);
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}
