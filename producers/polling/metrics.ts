import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { SourceState, SourceStatus } from '../../schemas/source-status.ts';
import type { Run } from './run.ts';

/** What Prometheus is told of pollers. */
export interface PollerMetrics {
  /** Called after each run. */
  observe(
    status: SourceStatus,
    run: Pick<Run, 'requests' | 'retries' | 'reports' | 'samples' | 'unchanged' | 'faultCount'>,
    seconds: number,
  ): void;
}

const STATES: readonly SourceState[] = ['initial', 'missing_configuration', 'failed_connection', 'missing_data', 'ok'];

/** The same names for every poller, told apart by the label `poller`. */
export function createPollerMetrics(registry: Registry): PollerMetrics {
  const registers = [registry];
  const labelNames = ['poller'] as const;
  const counter = (name: string, help: string) =>
    new Counter({ name: `apportion_poller_${name}`, help, labelNames, registers });
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `apportion_poller_${name}`, help, labelNames, registers });

  const runs = counter('runs_total', 'Runs that have ended.');
  const requests = counter('requests_total', 'Requests to the source, attempts and pages each counted.');
  const retries = counter('retries_total', 'Requests that were made again.');
  const records = counter('records_total', 'Cost reports and usage samples that were published.');
  const unchanged = counter('unchanged_days_total', 'Days that were read and had not changed.');
  const faults = counter('faults_total', 'What could not be used.');
  const success = gauge('last_success_timestamp_seconds', 'When the last run without a fault began; 0 before.');
  const left = gauge('requests_left', "Requests left of the day's budget.");
  const duration = new Histogram({
    name: 'apportion_poller_run_seconds',
    help: 'How long a run takes.',
    labelNames,
    registers,
    buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 1200],
  });
  const state = new Gauge({
    name: 'apportion_poller_state',
    help: '1 for the state that the source is in.',
    labelNames: ['poller', 'state'],
    registers,
  });

  return {
    observe: (status, run, seconds) => {
      const { poller } = status;
      runs.inc({ poller });
      requests.inc({ poller }, run.requests);
      retries.inc({ poller }, run.retries);
      records.inc({ poller }, run.reports + run.samples);
      unchanged.inc({ poller }, run.unchanged);
      faults.inc({ poller }, run.faultCount);
      success.set({ poller }, (status.lastSuccessAt ?? 0) / 1000);
      if (status.requestsLeft !== null) left.set({ poller }, status.requestsLeft);
      duration.observe({ poller }, seconds);
      for (const each of STATES) state.set({ poller, state: each }, each === status.state ? 1 : 0);
    },
  };
}
