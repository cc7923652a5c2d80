import { allocate } from './allocate.ts';
import { attribute } from './attribute.ts';
import type { Benchmark } from './benchmark.ts';
import { freshness } from './freshness.ts';
import { replay } from './replay.ts';
import { restatement } from './restatement.ts';
import { start } from './start.ts';

/** In the order in which they run. */
export const benchmarks: readonly Benchmark[] = [allocate, attribute, freshness, restatement, replay, start];
