import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { answerOf, isRegistryAway } from './registry-answer.ts';
import { openRegistry } from './registry-codec.ts';

type Answering = Parameters<typeof createServer>[1];

async function askOf(answering: Answering, host = '127.0.0.1', limitMs?: number): Promise<unknown> {
  const server = createServer(answering as never);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const isThere = answering !== undefined;
  if (!isThere) server.close();
  const asking = answerOf(() => openRegistry(`http://${host}:${port}`).getSchema(1), limitMs);
  const error: unknown = await asking.then(
    () => null,
    (reason: unknown) => reason,
  );
  server.closeAllConnections();
  if (isThere) server.close();
  return error;
}

test('a registry that does not answer, or not to the end, is away', async () => {
  for (const [what, error] of [
    ['silent', await askOf(() => {}, '127.0.0.1', 50)],
    [
      'cut in its answer',
      await askOf((_, response) => void response.write('{', () => response.destroy()), '127.0.0.1', 50),
    ],
    ['cut before its answer', await askOf((request) => void request.socket.destroy())],
    ['not there', await askOf(undefined)],
    ['not there, at any of its addresses', await askOf(undefined, 'localhost')],
    ['busy', await askOf((_, response) => void response.writeHead(503).end('{"message":"later"}'))],
  ] as const) {
    assert.ok(isRegistryAway(error), `${what}: ${error}`);
  }
});

test('a registry that refuses is not away', async () => {
  for (const status of [400, 401, 404, 422]) {
    const error = await askOf((_, response) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end('{"error_code":1,"message":"no"}');
    });
    assert.ok(error instanceof Error && !isRegistryAway(error), `${status}: ${error}`);
  }
});
