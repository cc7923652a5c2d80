import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../integration/stack.ts';
import { type Answering, AnsweringServer } from './answering-server.ts';
import { type Answer, readExchanges } from './exchange.ts';
import { refusal } from './fault.ts';
import { Recorder } from './recorder.ts';
import { Replay } from './replay.ts';

test('what a client gets through the recorder, it gets from the recording', async (t) => {
  const bytes = Buffer.from([0, 200, 255]);
  const { recorder, save } = await recording(t, ({ path }) =>
    path === '/bytes' ? answer(200, bytes) : answer(404, `nothing at ${path}`),
  );
  const ask = async (url: string): Promise<unknown> => {
    const responses = await Promise.all([fetch(`${url}/bytes`), fetch(`${url}/a?b=c`, { method: 'POST', body: 'é' })]);
    return Promise.all(responses.map(async (each) => [each.status, Buffer.from(await each.arrayBuffer())]));
  };
  const live = await ask(recorder.url);
  const folder = await save();
  assert.deepEqual(await ask((await Replay.of(t, readExchanges(folder))).url), live);
});

test('keeps the order of the questions when the answers come in another', async (t) => {
  const firstCame = Promise.withResolvers<void>();
  const secondCame = Promise.withResolvers<void>();
  const { recorder, save } = await recording(t, async ({ path }) => {
    if (path === '/first') {
      firstCame.resolve();
      await secondCame.promise;
    }
    return answer(200, path);
  });
  const first = fetch(`${recorder.url}/first`);
  await firstCame.promise;
  await fetch(`${recorder.url}/second`);
  secondCame.resolve();
  await first;
  const kept = readExchanges(await save());
  assert.deepEqual(
    kept.map(({ request }) => request.path),
    ['/first', '/second'],
  );
});

test('keeps no secret', async (t) => {
  const { recorder, save } = await recording(t, () => answer(200, ''));
  await fetch(recorder.url, { headers: { authorization: 'Bearer s3cret', cookie: 's3cret', 'x-api-key': 's3cret' } });
  const [kept] = readExchanges(await save());
  assert.doesNotMatch(JSON.stringify(kept), /s3cret/);
  assert.equal(kept?.request.headers['authorization'], 'Bearer (left out)');
});

test('keeps what the server said, not what a fault did', async (t) => {
  const { recorder, save } = await recording(t, () => answer(200, 'whole'));
  recorder.inject({ times: 1, fault: refusal(503, {}, {}) });
  recorder.inject({ times: 1, fault: { kind: 'cut', afterBytes: 2 } });
  assert.equal((await fetch(recorder.url)).status, 503);
  await assert.rejects((await fetch(recorder.url)).text());
  assert.equal(await (await fetch(recorder.url)).text(), 'whole');
  assert.equal(readExchanges(await save()).length, 1);
});

test('ids and the clock are the same at each recording, and distances in time are kept', async (t) => {
  const said = async (id: string, at: string, later: string): Promise<unknown> => {
    const body = JSON.stringify({ uid: id, at, owner: { uid: id }, later });
    const { recorder, save } = await recording(t, () => answer(200, body));
    await fetch(`${recorder.url}/pods/${id}`);
    const [kept] = readExchanges(await save());
    return [kept?.request.path, JSON.parse(kept?.answer.body.toString() ?? '')];
  };
  const one = await said('0b6c1d52-3b65-4a4c-8b1e-0f4dd4a6f9b1', '2026-11-26T00:28:59Z', '2026-11-26T00:30:00.123456Z');
  const two = await said('7f0e9d0a-22c4-4f0e-9d5a-b2b6c8e3a111', '2027-01-01T12:00:00Z', '2027-01-01T12:01:01.123456Z');
  const id = '00000000-0000-4000-8000-000000000001';
  const at = '2026-03-02T10:00:00Z';
  const later = '2026-03-02T10:01:01.123456Z';
  assert.deepEqual(one, [`/pods/${id}`, { uid: id, at, owner: { uid: id }, later }]);
  assert.deepEqual(two, one);
});

test('files keep their days and ids', async (t) => {
  const file = '2024-07-18T22:00:00Z,0b6c1d52-3b65-4a4c-8b1e-0f4dd4a6f9b1';
  const { recorder, save } = await recording(t, () => ({
    status: 200,
    headers: { 'content-type': 'application/octet-stream' },
    body: Buffer.from(file),
  }));
  await fetch(recorder.url);
  const [kept] = readExchanges(await save());
  assert.equal(kept?.answer.body.toString(), file);
});

test('a server that is away is 500 that says so, and is not kept', async (t) => {
  const { recorder, save } = await recording(t, () => answer(200, ''), 'http://127.0.0.1:1');
  const response = await fetch(recorder.url);
  assert.equal(response.status, 500);
  assert.match(await response.text(), /ECONNREFUSED/);
  assert.deepEqual(readExchanges(await save()), []);
});

/** A recorder before a server that answers so, or before another one; both gone after the test. */
async function recording(
  t: TestContext,
  answering: Answering,
  url?: string,
): Promise<{ readonly recorder: Recorder; readonly save: () => Promise<string> }> {
  const server = await AnsweringServer.start(answering);
  const recorder = await Recorder.before({ url: url ?? server.url });
  t.after(() => server.close());
  t.after(() => recorder.close());
  const save = async (): Promise<string> => {
    const folder = temporaryFolder();
    await recorder.save(folder);
    return folder;
  };
  return { recorder, save };
}

function answer(status: number, body: string | Buffer): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(body) };
}
