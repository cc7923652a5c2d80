import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from './exchange.ts';
import { refusal } from './fault.ts';
import { Replay } from './replay.ts';

const page1 = exchange('GET', '/pods?limit=2&watch=0', '', 'page 1');
const page2 = exchange('GET', '/pods?limit=2&continue=a%2Fb%3D', '', 'page 2');

test('answers each recorded question, whatever the order of questions and of query parameters', async (t) => {
  const { url } = await Replay.of(t, [page1, page2]);
  assert.equal(await text(`${url}/pods?continue=a%2Fb%3D&limit=2`), 'page 2');
  assert.equal(await text(`${url}/pods?watch=0&limit=2`), 'page 1');
});

test('gives the answers to the same question in the order of the recording', async (t) => {
  const replay = await Replay.of(t, [page1, { ...page1, answer: { ...page1.answer, body: Buffer.from('later') } }]);
  const ask = (): Promise<string> => text(`${replay.url}/pods?limit=2&watch=0`);
  assert.deepEqual([await ask(), await ask()], ['page 1', 'later']);
});

test('compares JSON bodies by what they say', async (t) => {
  const { url } = await Replay.of(t, [exchange('POST', '/', '{"a":1,"b":[{"c":2,"d":3}]}', 'yes')]);
  assert.equal(await text(url, { method: 'POST', body: '{ "b": [{ "d": 3, "c": 2 }], "a": 1 }' }), 'yes');
});

test('keeps bytes that are no text, the status and the headers', async (t) => {
  const body = Buffer.from([0, 255, 128, 10]);
  const { request } = page1;
  const { url } = await Replay.of(t, [{ request, answer: { status: 410, headers: { etag: '"e"' }, body } }]);
  const response = await fetch(`${url}${request.path}`);
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), body);
  assert.equal(response.status, 410);
  assert.equal(response.headers.get('etag'), '"e"');
});

for (const [what, path, init] of [
  ['another path', '/nodes', {}],
  ['another query', '/pods?limit=3&watch=0', {}],
  ['another method', '/pods?limit=2&watch=0', { method: 'DELETE' }],
  ['another body', '/pods?limit=2&watch=0', { method: 'POST', body: 'x' }],
  ['another operation', '/pods?limit=2&watch=0', { headers: { 'x-amz-target': 'Other' } }],
  ['a part', '/pods?limit=2&watch=0', { headers: { range: 'bytes=0-1' } }],
  ['another version', '/pods?limit=2&watch=0', { headers: { 'if-match': '"e"' } }],
  ['a signature that was not recorded', '/pods?limit=2&watch=0', { headers: { authorization: 'Bearer x' } }],
] as const) {
  test(`${what} gets 501 and fails the test, saying what was asked`, async () => {
    const planted = new PlantedTest();
    const { url } = await Replay.of(planted, [page1]);
    assert.equal((await fetch(`${url}${path}`, init)).status, 501);
    await assert.rejects(planted.end(), ({ message }: Error) => message.includes(path));
  });
}

test('a recorded answer is given once: asking again fails the test', async () => {
  const planted = new PlantedTest();
  const { url } = await Replay.of(planted, [page2]);
  await text(`${url}${page2.request.path}`);
  assert.equal((await fetch(`${url}${page2.request.path}`)).status, 501);
  await assert.rejects(planted.end(), /continue=a/);
});

test('tells what was not asked for', async (t) => {
  const replay = await Replay.of(t, [page1, page2]);
  await text(`${replay.url}${page1.request.path}`);
  assert.deepEqual(replay.unasked, [`GET ${page2.request.path} (not signed)`]);
});

test('a fault takes the place of the answer so many times, and uses up none', async (t) => {
  const replay = await Replay.of(t, [page1]);
  replay.inject({ path: /pods/, times: 2, fault: refusal(429, { 'retry-after': '7' }, { code: 'slow' }) });
  for (const _ of [1, 2]) {
    const response = await fetch(`${replay.url}${page1.request.path}`);
    assert.equal(response.status, 429);
    assert.equal(response.headers.get('retry-after'), '7');
    assert.deepEqual(await response.json(), { code: 'slow' });
  }
  assert.equal(await text(`${replay.url}${page1.request.path}`), 'page 1');
});

test('a fault meets only the requests that its rule describes', async (t) => {
  const replay = await Replay.of(t, [page1, exchange('POST', '/', 'token-1', 'first')]);
  replay.inject({ body: /token-2/, times: 1, fault: refusal(400, {}, {}) });
  assert.equal(await text(`${replay.url}${page1.request.path}`), 'page 1');
  assert.equal(await text(replay.url, { method: 'POST', body: 'token-1' }), 'first');
  assert.equal((await fetch(replay.url, { method: 'POST', body: 'token-2' })).status, 400);
});

test('an answer that is cut ends after so many bytes, and can be had whole by asking again', async (t) => {
  const replay = await Replay.of(t, [page1]);
  replay.inject({ times: 1, fault: { kind: 'cut', afterBytes: 3 } });
  const response = await fetch(`${replay.url}${page1.request.path}`);
  const pieces: string[] = [];
  await assert.rejects(async () => {
    for await (const piece of response.body ?? []) pieces.push(Buffer.from(piece).toString());
  });
  assert.deepEqual(pieces.join(''), 'pag');
  assert.equal(await text(`${replay.url}${page1.request.path}`), 'page 1');
});

test('a stalled request gets no answer, and holds up the end of the test no longer', async (t) => {
  const replay = await Replay.of(t, [page1]);
  replay.inject({ times: 1, fault: { kind: 'stall' } });
  const signal = AbortSignal.timeout(100);
  await assert.rejects(fetch(`${replay.url}${page1.request.path}`, { signal }), { name: 'TimeoutError' });
  assert.equal(await text(`${replay.url}${page1.request.path}`), 'page 1');
});

test('a delayed answer comes, later', async (t) => {
  const replay = await Replay.of(t, [page1]);
  replay.inject({ times: 1, fault: { kind: 'delay', delayMs: 100 } });
  const begin = performance.now();
  assert.equal(await text(`${replay.url}${page1.request.path}`), 'page 1');
  assert.ok(performance.now() - begin >= 99);
});

test('a fault that no request has met fails the test', async () => {
  const planted = new PlantedTest();
  const replay = await Replay.of(planted, [page1]);
  replay.inject({ times: 1, fault: { kind: 'stall' } });
  await assert.rejects(planted.end(), /injected faults/);
});

/** Stands for a test that is expected to fail. */
class PlantedTest {
  end: () => Promise<void> = async () => {};

  after(work: () => Promise<void>): void {
    this.end = work;
  }
}

function exchange(method: string, path: string, asked: string, answered: string): Exchange {
  return {
    request: { method, path, headers: {}, body: Buffer.from(asked) },
    answer: { status: 200, headers: { 'content-type': 'text/plain' }, body: Buffer.from(answered) },
  };
}

async function text(url: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(url, init);
  assert.equal(response.status, 200);
  return response.text();
}
