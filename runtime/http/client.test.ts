import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { pino } from 'pino';
import { createHttpClient, type HttpClientOptions } from './client.ts';
import { HttpFailure } from './failure.ts';

async function serving(listener: RequestListener) {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/costs?key=hush`);
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const client = (options: Partial<HttpClientOptions> = {}) =>
  createHttpClient({
    logger: pino({ level: 'silent' }),
    signal: new AbortController().signal,
    requestMs: 10_000,
    maxBodyBytes: 1000,
    maxAttempts: 3,
    firstPauseMs: 1,
    maxPauseMs: 2000,
    ...options,
  });

const failureOf = async (sending: Promise<unknown>): Promise<HttpFailure> => {
  const error: unknown = await sending.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof HttpFailure, String(error));
  return error;
};

test('gives the answer, its body whole', async () => {
  await using at = await serving((request, response) => {
    response.setHeader('x-method', request.method ?? '');
    response.write('{"a":');
    response.end('"ü"}');
  });
  const answer = await client().send({ url: at.url, method: 'POST', body: '{}' });
  assert.deepEqual([answer.status, answer.text, answer.headers.get('x-method')], [200, '{"a":"ü"}', 'POST']);
});

test('tries again what may pass, as often as it may and no more', async () => {
  let requests = 0;
  let attempts = 0;
  await using at = await serving((_, response) => {
    requests += 1;
    response.writeHead(503).end('busy');
  });
  const failure = await failureOf(
    client({
      beforeAttempt: async () => {
        attempts += 1;
      },
    }).send({ url: at.url }),
  );
  assert.deepEqual([failure.kind, failure.status, requests, attempts], ['away', 503, 3, 3]);
});

test('does not ask again what asking again would not change, and names it without its query', async () => {
  const kinds = { 400: 'refused', 401: 'unauthorized', 403: 'forbidden', 404: 'refused', 301: 'refused' };
  for (const [status, kind] of Object.entries(kinds)) {
    let requests = 0;
    await using at = await serving((_, response) => {
      requests += 1;
      response.writeHead(Number(status), { location: 'http://127.0.0.1:1/' }).end(`because\n\u001b[31mof this`);
    });
    const failure = await failureOf(client().send({ url: at.url }));
    assert.deepEqual([failure.kind, requests], [kind, 1], status);
    assert.ok(!failure.message.includes('hush'), failure.message);
    assert.match(failure.message, /^GET http:\/\/127\.0\.0\.1:\d+\/costs answered \d+: because \[31mof this$/);
  }
});

test('an answer that is too long, or not UTF-8, is not taken', async () => {
  for (const body of [Buffer.alloc(1001, 'a'), Buffer.from([0x22, 0xe4, 0x22])]) {
    await using at = await serving((_, response) => void response.end(body));
    assert.equal((await failureOf(client().send({ url: at.url }))).kind, 'garbled');
  }
});

test('a server that asks for a longer pause than there is patience is not waited for', async () => {
  let requests = 0;
  await using at = await serving((_, response) => {
    requests += 1;
    response.writeHead(429, { 'retry-after': '3' }).end();
  });
  const failure = await failureOf(client().send({ url: at.url }));
  assert.deepEqual([failure.pauseMs, requests], [3000, 1]);
});

test('a signal ends the request and the pause before the next one', async () => {
  await using at = await serving((_, response) => void response.writeHead(429, { 'retry-after': '2' }).end());
  const stop = new AbortController();
  const sending = client({ signal: stop.signal, onRetry: () => stop.abort(new Error('stopped')) }).send({
    url: at.url,
  });
  await assert.rejects(sending);
});

test('says by how much the other clock is ahead', async () => {
  await using at = await serving(
    (_, response) => void response.setHeader('date', 'Tue, 10 Mar 2026 06:00:00 GMT').end(),
  );
  const ahead: number[] = [];
  const now = () => Date.parse('2026-03-10T05:00:00Z');
  await client({ now, onClock: (ms) => void ahead.push(ms) }).send({ url: at.url });
  assert.deepEqual(ahead, [3_600_000]);
});
