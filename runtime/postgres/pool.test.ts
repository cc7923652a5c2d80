import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { createLogger } from '../logger.ts';
import { createPool } from './pool.ts';
import { isTransient } from './sqlstate.ts';
import { inTransaction } from './transaction.ts';

/** It could not be timed with a real server: its last word must come in one packet with its first. */
test('a server that goes away in the moment in which it lets somebody in ends nothing but the connection', async () => {
  await using server = await goingAway();
  const pool = createPool({ databaseUrl: server.url, applicationName: 'test', logger: createLogger('silent') });
  await assert.rejects(
    inTransaction(pool, () => Promise.resolve()),
    isTransient,
  );
  await pool.end();
});

/** Answers a start of Postgres's protocol with AuthenticationOk, ReadyForQuery and ErrorResponse, all at once. */
async function goingAway(): Promise<AsyncDisposable & { url: string }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const fields = ['SFATAL', 'VFATAL', 'C57P01', 'Mterminating connection due to administrator command', ''];
    const error = Buffer.from(`${fields.join('\0')}\0`);
    const lastWord = Buffer.concat([
      message('R', Buffer.alloc(4)),
      message('Z', Buffer.from('I')),
      message('E', error),
    ]);
    socket.once('data', () => socket.end(lastWord)).on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    url: `postgres://nobody@127.0.0.1:${address.port}/nothing`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
