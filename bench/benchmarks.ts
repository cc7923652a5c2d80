import { allocate } from './allocate.ts';
import { attribute } from './attribute.ts';
import type { Benchmark } from './benchmark.ts';
import { clients } from './clients.ts';
import { freshness } from './freshness.ts';
import { ingest } from './ingest.ts';
import { kubernetes } from './kubernetes.ts';
import { replay } from './replay.ts';
import { restatement } from './restatement.ts';
import { sink } from './sink.ts';
import { start } from './start.ts';

/** In the order in which they run. */
export const benchmarks: readonly Benchmark[] = [
  allocate,
  attribute,
  sink,
  clients,
  ingest,
  kubernetes,
  freshness,
  restatement,
  replay,
  start,
];
