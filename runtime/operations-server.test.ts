import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { Counter } from 'prom-client';
import { createMetrics } from './metrics.ts';
import { createOperationsServer } from './operations-server.ts';
import { Readiness } from './readiness.ts';

const metrics = createMetrics();
const readiness = new Readiness(['meter', 'ingest']);
const { app } = createOperationsServer({ metrics, readiness, logger: pino({ level: 'silent' }) });

test('a process is alive before it is ready, and ready when all its roles have reached their servers', async () => {
  assert.equal((await app.inject('/healthz')).statusCode, 200);
  readiness.reached('meter');
  const waiting = await app.inject('/readyz');
  assert.deepEqual([waiting.statusCode, waiting.json()], [503, { status: 'waiting', waiting: ['ingest'] }]);
  readiness.reached('ingest');
  const ready = await app.inject('/readyz');
  assert.deepEqual([ready.statusCode, ready.json()], [200, { status: 'ready', waiting: [] }]);
});

test('metrics are those of the process and those of its roles, as Prometheus reads them', async () => {
  new Counter({ name: 'apportion_things_total', help: 'Things.', registers: [metrics] }).inc(3);
  const { headers, body } = await app.inject('/metrics');
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/);
  assert.match(body, /^apportion_things_total 3$/m);
  assert.match(body, /^process_cpu_seconds_total \d/m);
});
