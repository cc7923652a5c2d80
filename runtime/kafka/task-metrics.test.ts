import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { createTaskMetrics } from './task-metrics.ts';

test('processors of one process share the metrics, and docs/operations.md has all of them', async () => {
  const registry = new Registry();
  for (const processor of ['meter', 'attribute']) createTaskMetrics(registry, processor).read('calls.v1', 3);
  const text = await registry.metrics();
  assert.match(text, /read_records_total\{processor="meter",topic="calls\.v1"\} 3/);
  assert.match(text, /read_records_total\{processor="attribute",topic="calls\.v1"\} 3/);
  const docs = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const told = [...docs.matchAll(/^\| `(apportion_task_\w+)/gm)].map(([, name]) => name);
  assert.deepEqual(told.toSorted(), (await registry.getMetricsAsJSON()).map(({ name }) => name).toSorted());
});

test('a commit tells how much it wrote and refused, and how old it was', async () => {
  const registry = new Registry();
  const metrics = createTaskMetrics(registry, 'meter');
  metrics.committed(7, 2, 0.02, 1.5);
  metrics.committed(1, 0, 0.02, null);
  const text = await registry.metrics();
  for (const line of ['written_records_total{processor="meter"} 8', 'dead_letters_total{processor="meter"} 2']) {
    assert.ok(text.includes(`apportion_task_${line}\n`), text);
  }
  assert.match(text, /commit_seconds_count\{processor="meter"\} 2/);
  assert.match(text, /delay_seconds_bucket\{le="1",processor="meter"\} 0\n.*le="2",processor="meter"\} 1/);
});
