import { allocate } from './allocate.ts';
import type { Benchmark } from './benchmark.ts';
import { ingest } from './ingest.ts';
import { kubernetes } from './kubernetes.ts';
import { sink } from './sink.ts';

/** In the order in which they run. */
export const benchmarks: readonly Benchmark[] = [allocate, sink, ingest, kubernetes];
