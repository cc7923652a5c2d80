import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { choosePorts, isFree, listenerOf } from './ports.ts';

test('chooses different free ports that no outgoing connection takes', async () => {
  const ports = await choosePorts(50);
  assert.equal(new Set(ports).size, 50);
  assert.ok(ports.every((port) => port >= 20_000 && port < 32_000));
});

test('knows a port that is taken, and by whom', async (t) => {
  const [port = 0] = await choosePorts(1);
  const server = createServer().listen(port, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  assert.equal(await isFree(port), false);
  const who = process.platform === 'linux' ? `node (process ${process.pid})` : 'another process';
  assert.equal(listenerOf(port), who);
});

test('a port that nobody listens on is nobody known', async () => {
  const [port = 0] = await choosePorts(1);
  assert.equal(listenerOf(port), 'another process');
});
