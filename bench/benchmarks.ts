import { allocate } from './allocate.ts';
import type { Benchmark } from './benchmark.ts';
import { freshness } from './freshness.ts';
import { restatement } from './restatement.ts';

/** In the order in which they run. */
export const benchmarks: readonly Benchmark[] = [allocate, freshness, restatement];
