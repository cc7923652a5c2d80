import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { InFlight } from './in-flight.ts';

export interface IngestMetrics {
  readonly requests: Counter<'status'>;
  readonly accepted: Counter;
  readonly rejected: Counter<'reason'>;
  readonly publishSeconds: Histogram;
}

export function createIngestMetrics(metrics: Registry, inFlight: InFlight): IngestMetrics {
  const registers = [metrics];
  new Gauge({
    name: 'apportion_ingest_in_flight_bytes',
    help: 'Bytes of requests that are under way.',
    registers,
    collect() {
      this.set(inFlight.bytes);
    },
  });
  return {
    requests: new Counter({
      name: 'apportion_ingest_requests_total',
      help: 'Requests answered, by status.',
      labelNames: ['status'],
      registers,
    }),
    accepted: new Counter({
      name: 'apportion_ingest_calls_accepted_total',
      help: 'Calls that Kafka has acknowledged.',
      registers,
    }),
    rejected: new Counter({
      name: 'apportion_ingest_calls_rejected_total',
      help: 'Calls refused by what they hold, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    publishSeconds: new Histogram({
      name: 'apportion_ingest_publish_seconds',
      help: 'Time until Kafka has acknowledged what was published at once.',
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
  };
}
