import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startServer, stopServer } from '../single-server.ts';
import { eventually, ownStack } from '../stack.ts';
import { callsOf, ingestWorld } from './ingest-world.ts';

const stack = await ownStack();

test('while Kafka is away nothing is accepted and senders are told to come again; then all is as before', async () => {
  const { held, metrics, post } = await ingestWorld(stack, { publishTimeoutMs: 1_000 });
  await eventually('calls are taken', async () => (await post(callsOf(10, 'before-'))).status === 202);
  await stopServer(stack.dataFolder, 'kafka');
  const answers = await Promise.all([
    post(callsOf(10, 'first-')),
    post(callsOf(10, 'second-')),
    post(callsOf(10, 'third-')),
  ]);
  for (const { status, headers, body } of answers) {
    assert.deepEqual([status, body.code, body.accepted], [503, 'kafka_away', 0]);
    assert.equal(headers.get('retry-after'), '5');
  }
  // Only what is being published is still held: the others' senders will send again.
  assert.match(await metrics.metrics(), /^apportion_ingest_in_flight_bytes [1-9]\d{0,3}$/m);
  await startServer(stack.dataFolder, 'kafka');
  await eventually('calls are taken again', async () => (await post(callsOf(10, 'second-'))).status === 202, 60_000);
  const found = new Set(await held());
  for (const { callId } of [...callsOf(10, 'before-'), ...callsOf(10, 'second-')]) assert.ok(found.has(callId), callId);
  await eventually('nothing is held', async () =>
    /^apportion_ingest_in_flight_bytes 0$/m.test(await metrics.metrics()),
  );
});
