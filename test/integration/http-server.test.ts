import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { pino } from 'pino';
import { createHttpServer } from '../../runtime/http/server.ts';
import { eventually } from './stack.ts';

/** A listening server with a route that answers when it is let go. */
async function slowServer(closeLimitMs: number) {
  const server = createHttpServer({ logger: pino({ level: 'silent' }), maxBodyBytes: 1_000, closeLimitMs });
  const entered = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  server.app.get('/slow', async () => {
    entered.resolve();
    await release.promise;
    return { done: true };
  });
  server.app.get('/quick', async () => ({}));
  const url = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
  return { server, port: Number(url.port), entered: entered.promise, release: release.resolve };
}

/** A connection on which bytes are written, and all that comes back is kept. */
function openConnection(port: number) {
  const socket: Socket = connect(port, '127.0.0.1');
  let received = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    received += text;
  });
  // Whoever comes late is refused; `closed` follows.
  socket.on('error', () => {});
  return {
    write: (text: string) => socket.write(text),
    received: () => received,
    closed: new Promise<void>((resolve) => socket.once('close', () => resolve())),
  };
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: here\r\n\r\n`;

test('a server that closes answers what is under way, refuses what comes then, and keeps no connection', async () => {
  const { server, port, entered, release } = await slowServer(60_000);
  const slow = openConnection(port);
  const other = openConnection(port);
  other.write(`${get('/quick')}GET /quick HTTP/1.1\r\nHost:`);
  slow.write(get('/slow'));
  await entered;
  await eventually('the first is answered', () => other.received().includes('200 OK'));
  const closing = server.close();
  other.write(' here\r\n\r\n');
  await other.closed;
  assert.match(other.received(), /503 Service Unavailable[\s\S]*connection: close[\s\S]*"code":"closing"/i);
  assert.equal(slow.received(), '');
  release();
  await slow.closed;
  assert.match(slow.received(), /200 OK[\s\S]*connection: close[\s\S]*{"done":true}/i);
  await closing;
  const late = openConnection(port);
  await late.closed;
  assert.equal(late.received(), '');
});

test('a request that comes to no end is cut off at the limit', async () => {
  const { server, port, entered } = await slowServer(50);
  const slow = openConnection(port);
  slow.write(get('/slow'));
  await entered;
  await server.close();
  await slow.closed;
  assert.equal(slow.received(), '');
});

test('bytes that are no request get a problem document, too', async () => {
  const { server, port } = await slowServer(50);
  for (const [bytes, status, code] of [
    ['hello\r\n\r\n', '400 Bad Request', 'bad_request'],
    [`GET / HTTP/1.1\r\nHost: here\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, '431', 'headers_too_large'],
  ] as const) {
    const connection = openConnection(port);
    connection.write(bytes);
    await connection.closed;
    assert.ok(connection.received().startsWith(`HTTP/1.1 ${status}`), connection.received());
    assert.match(connection.received(), new RegExp(`application/problem\\+json[\\s\\S]*"code":"${code}"`));
  }
  await server.close();
});
