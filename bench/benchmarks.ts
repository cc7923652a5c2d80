import { allocate } from './allocate.ts';
import type { Benchmark } from './benchmark.ts';

/** In the order in which they run. */
export const benchmarks: readonly Benchmark[] = [allocate];
