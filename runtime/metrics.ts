import { collectDefaultMetrics, Registry } from 'prom-client';

/** What this process counts and measures; roles add their own, named `apportion_…` with the unit last. */
export function createMetrics(): Registry {
  return new Registry();
}

/** Makes metrics that a process has once, however many of its parts ask: a registry takes each name only once. */
export function oncePerRegistry<T extends object>(create: (registry: Registry) => T): (registry: Registry) => T {
  const made = new WeakMap<Registry, T>();
  return (registry) => {
    const metrics = made.get(registry) ?? create(registry);
    made.set(registry, metrics);
    return metrics;
  };
}

/** Adds processor time, memory, event loop and garbage collection, which only cost where somebody reads them. */
export function collectProcessMetrics(metrics: Registry): void {
  collectDefaultMetrics({ register: metrics });
}
