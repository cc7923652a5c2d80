import { allocate } from './allocate.ts';
import type { Benchmark } from './benchmark.ts';
import { growth } from './growth.ts';
import { memory } from './memory.ts';
import { meter } from './meter.ts';
import { restore } from './restore.ts';

/** In the order in which they run. */
export const benchmarks: readonly Benchmark[] = [allocate, meter, restore, growth, memory];
