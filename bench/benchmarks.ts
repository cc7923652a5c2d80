import { allocate } from './allocate.ts';
import { attribute } from './attribute.ts';
import type { Benchmark } from './benchmark.ts';
import { clients } from './clients.ts';
import { freshness } from './freshness.ts';
import { growth } from './growth.ts';
import { ingest } from './ingest.ts';
import { kubernetes } from './kubernetes.ts';
import { memory } from './memory.ts';
import { meter } from './meter.ts';
import { replay } from './replay.ts';
import { restatement } from './restatement.ts';
import { restore } from './restore.ts';
import { sink } from './sink.ts';
import { start } from './start.ts';

/** In the order in which they run. */
export const benchmarks: readonly Benchmark[] = [
  allocate,
  meter,
  restore,
  growth,
  memory,
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
