import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { Problem } from './problem.ts';
import { createHttpServer } from './server.ts';

const MAX_BODY_BYTES = 100;

/** A server with a route that echoes, one that fails, and what it has logged. */
function sampleServer() {
  const logged: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
  const { app } = createHttpServer({ logger, maxBodyBytes: MAX_BODY_BYTES });
  app.addContentTypeParser('text/plain', { parseAs: 'string' }, async (_request: unknown, body: string) => body);
  app.post('/echo', async (request) => ({ body: request.body }));
  app.get('/things/:id', async () => ({}));
  app.delete('/things/:id', async () => ({}));
  app.get('/defect', async () => {
    throw new Error('password hunter2 at /home/me');
  });
  app.get('/refused', async () => {
    throw new Problem(429, 'slow_down', 'Too many.', { members: { limit: 5 }, headers: { 'retry-after': '1' } });
  });
  return { app, logged };
}

async function ask(method: 'GET' | 'POST' | 'PUT', url: string, payload?: string, type = 'text/plain') {
  const { app, logged } = sampleServer();
  const headers = payload === undefined ? {} : { 'content-type': type };
  const answer = await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
  return { status: answer.statusCode, headers: answer.headers, body: answer.json(), logged };
}

test('whatever goes wrong is a problem document with the status that says it', async () => {
  const cases = [
    { asked: ask('GET', '/nothing'), status: 404, code: 'not_found' },
    { asked: ask('PUT', '/echo', 'x'), status: 405, code: 'wrong_method' },
    { asked: ask('POST', '/echo', '{}', 'application/json'), status: 415, code: 'wrong_content_type' },
    { asked: ask('POST', '/echo', 'x', 'nonsense'), status: 415, code: 'wrong_content_type' },
    { asked: ask('POST', '/echo', 'x'.repeat(MAX_BODY_BYTES + 1)), status: 413, code: 'body_too_large' },
    { asked: ask('GET', '/things/%'), status: 400, code: 'bad_url' },
    { asked: ask('GET', '/defect'), status: 500, code: 'defect' },
    { asked: ask('GET', '/refused'), status: 429, code: 'slow_down' },
  ];
  for (const { asked, status, code } of cases) {
    const { headers, body, ...answer } = await asked;
    assert.deepEqual([answer.status, body.status, body.code], [status, status, code]);
    assert.equal(headers['content-type'], 'application/problem+json');
    assert.equal(body.type, 'about:blank');
    assert.match(body.detail, /\.$/);
  }
});

test('a body of the limit is taken', async () => {
  assert.equal((await ask('POST', '/echo', 'x'.repeat(MAX_BODY_BYTES))).status, 200);
});

test('a defect is in the log, and nothing of it in the answer', async () => {
  const { body, logged } = await ask('GET', '/defect');
  assert.doesNotMatch(JSON.stringify(body), /hunter2|home|stack/);
  assert.match(logged.join(''), /hunter2/);
});

test('a wrong method is told which are right', async () => {
  assert.equal((await ask('POST', '/things/7?x=1')).headers['allow'], 'DELETE, GET, HEAD');
});

test('a problem brings its own members and headers', async () => {
  const { body, headers } = await ask('GET', '/refused');
  assert.deepEqual([body.limit, headers['retry-after'], body.title], [5, '1', 'Too Many Requests']);
});

test('answers are neither guessed at, nor framed, nor stored', async () => {
  const { headers } = await ask('GET', '/things/7');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['cache-control'], 'no-store');
  assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/);
});
