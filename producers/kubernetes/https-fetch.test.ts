import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { httpsFetch } from './https-fetch.ts';

async function serverOf(t: TestContext, listener: RequestListener): Promise<URL> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/path?limit=500`);
}

test('the headers of the credentials go with those of the request, and the answer comes back whole', async (t) => {
  const url = await serverOf(t, ({ headers, method, url: target }, response) => {
    response.writeHead(201, { 'retry-after': '7' });
    response.end(`${method} ${target} ${headers.authorization} ${headers.accept}`);
  });
  const send = httpsFetch({ headers: { Authorization: 'Bearer x' } });
  const response = await send(url, { method: 'GET', headers: { accept: 'application/json' } });
  assert.deepEqual([response.status, response.headers.get('retry-after')], [201, '7']);
  assert.equal(await response.text(), 'GET /path?limit=500 Bearer x application/json');
});

test('an abort ends the waiting for an answer, and for the rest of one', async (t) => {
  const url = await serverOf(t, ({ url: target }, response) => {
    if (target === '/half') response.write('half of it');
  });
  const waiting = new AbortController();
  const answer = httpsFetch({})(url, { signal: waiting.signal });
  waiting.abort();
  await assert.rejects(answer, { name: 'AbortError' });
  const reading = new AbortController();
  const response = await httpsFetch({})(new URL('/half', url), { signal: reading.signal });
  const text = response.text();
  reading.abort();
  await assert.rejects(text);
});

test('a redirect is an answer, and is not followed', async (t) => {
  const url = await serverOf(t, (_, response) => void response.writeHead(302, { location: '/elsewhere' }).end());
  assert.equal((await httpsFetch({})(url, {})).status, 302);
});
