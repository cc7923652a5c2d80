/**
 * What is metered, and how much of what is summed up makes one of it: nano-units times milliseconds for resources,
 * milliseconds for time.
 */
export const UNITS = {
  cpu_usage_millicore_seconds: 1_000_000n * 1000n,
  cpu_request_millicore_seconds: 1_000_000n * 1000n,
  memory_usage_mib_seconds: 2n ** 20n * 1_000_000_000n * 1000n,
  memory_request_mib_seconds: 2n ** 20n * 1_000_000_000n * 1000n,
  /** Of all pods of an owner together. */
  pod_seconds: 1000n,
  /** Those of them of which nobody knows what the pod used. */
  unmeasured_pod_seconds: 1000n,
  /** Of the cluster as a whole: time of which the poller knows which pods there were. */
  covered_seconds: 1000n,
} as const;

export type Meter = keyof typeof UNITS;

/** By meter, in the finest units; what is absent is 0. */
export type Sums = Readonly<Partial<Record<Meter, bigint>>>;

export const METERS = Object.keys(UNITS) as readonly Meter[];

export function plus(a: Sums, b: Sums): Sums {
  return Object.fromEntries(METERS.map((meter) => [meter, (a[meter] ?? 0n) + (b[meter] ?? 0n)]));
}
