import { collectDefaultMetrics, Registry } from 'prom-client';

/** What this process counts and measures; roles add their own, named `apportion_…` with the unit last. */
export function createMetrics(): Registry {
  return new Registry();
}

/** Adds processor time, memory, event loop and garbage collection, which only cost where somebody reads them. */
export function collectProcessMetrics(metrics: Registry): void {
  collectDefaultMetrics({ register: metrics });
}
