import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { sendFiles } from '../../../producers/send-files.ts';
import { readTopic } from '../../../runtime/kafka/read-topic.ts';
import { calls } from '../../../schemas/topics.ts';
import { testStack } from '../stack.ts';
import { BOUND_TOKEN, call, callsOf, ingestWorld, limits, NOW } from './ingest-world.ts';

const stack = await testStack();
const { held, post, kafka, metrics, prefix, publisher, url } = await ingestWorld(stack);

test('an accepted call stands in the topic byte for byte as apportion send would write it', async () => {
  const sent = [call, { ...call, callId: '8', product: 'é', cluster: 'eu', namespace: 'asr' }];
  assert.equal((await post(sent)).status, 202);
  await sendFiles({
    kind: 'calls',
    files: ['-'],
    stdin: Readable.from([Buffer.from(sent.map((each) => JSON.stringify(each)).join('\n'))]),
    publisher,
    limits,
    now: () => NOW,
    onBadLine: ({ detail }) => assert.fail(detail),
    onProgress: () => {},
  });
  const records: string[] = [];
  await readTopic(kafka, prefix + calls.name, ({ partition, key, value }) => {
    records.push(`${partition} ${key} ${value?.toString('hex')}`);
  });
  assert.equal(records.length, 2 * sent.length);
  assert.equal(new Set(records).size, sent.length, 'each stands there twice, equal');
});

test('one call, a batch, and events are taken, each at its word', async () => {
  assert.deepEqual((await post({ ...call, callId: 'one' })).body, { accepted: 1, rejected: [] });
  assert.deepEqual((await post([])).body, { accepted: 0, rejected: [] });
  const event = { specversion: '1.0', id: 'event', source: 'pbx', type: 'apportion.call.ended.v1', time: NOW };
  const { source, callId, ...data } = call;
  const structured = await post({ ...event, data }, { 'content-type': 'application/cloudevents+json' });
  assert.deepEqual([structured.status, structured.body.accepted], [202, 1]);
  const batch = [
    { ...event, id: 'event-2', data },
    { ...event, id: 'event-3', type: 'other', data },
    { ...event, id: 'event-4', data: { ...data, tenant: '' } },
  ];
  const batched = await post(batch, { 'content-type': 'application/cloudevents-batch+json; charset=UTF-8' });
  assert.equal(batched.body.accepted, 1);
  assert.deepEqual(
    batched.body.rejected?.map(({ index, callId, reason }) => [index, callId, reason]),
    [
      [1, undefined, 'invalid'],
      [2, 'event-4', 'empty_tenant'],
    ],
  );
  const found = await held();
  for (const id of ['one', 'event', 'event-2']) assert.ok(found.includes(id), id);
  for (const id of ['event-3', 'event-4']) assert.ok(!found.includes(id), id);
});

test('a packed body is taken', async () => {
  const { body } = await post(Buffer.from(gzipSync(JSON.stringify(callsOf(500, 'packed-')))), {
    'content-encoding': 'gzip',
  });
  assert.deepEqual(body, { accepted: 500, rejected: [] });
});

test('the same calls may be sent again, and are accepted again', async () => {
  const batch = callsOf(20, 'again-');
  assert.deepEqual((await post(batch)).body, (await post(batch)).body);
  const found = (await held()).filter((id) => id.startsWith('again-'));
  assert.equal(new Set(found).size, 20);
});

test('a bad call is told with its place and reason, and does not hold up the others', async () => {
  const bad: readonly (readonly [object | number, string])[] = [
    [5, 'invalid'],
    [{ ...call, tenat: 'acme' }, 'invalid'],
    [{ ...call, callId: 7 }, 'invalid'],
    [{ ...call, callId: '' }, 'empty_id'],
    [{ ...call, source: '' }, 'empty_id'],
    [{ ...call, tenant: '' }, 'empty_tenant'],
    [{ ...call, tenant: 'x'.repeat(257) }, 'invalid'],
    [{ ...call, endedAt: '2026-05-09T07:00:00Z' }, 'ended_before_started'],
    [{ ...call, startedAt: '2026-05-08T07:00:00Z' }, 'too_long'],
    [{ ...call, startedAt: '2026-05-09T12:05:00.001Z', endedAt: '2026-05-09T12:06:00Z' }, 'in_future'],
  ];
  const good = callsOf(bad.length, 'beside-');
  const answer = await post(bad.flatMap(([item], index) => [good[index], item]));
  assert.deepEqual([answer.status, answer.body.accepted], [202, good.length]);
  assert.deepEqual(
    answer.body.rejected?.map(({ index, reason }) => [index, reason]),
    bad.map(([, reason], index) => [2 * index + 1, reason]),
  );
  const { rejected: [fault] = [] } = (await post([{ ...call, tenant: null }, call])).body;
  assert.deepEqual(fault, {
    index: 0,
    callId: '7',
    reason: 'invalid',
    detail: 'tenant: expected a text, found null.',
  });
});

test('one call that stands twice in itself is refused alone', async () => {
  const text = JSON.stringify([
    { ...call, callId: 'once' },
    { ...call, callId: 'twice' },
  ]);
  const { body } = await post(text.replace('"callId":"twice"', '"callId":"twice","tenant":"globex"'));
  assert.equal(body.accepted, 1);
  assert.deepEqual(body.rejected, [
    { index: 1, callId: 'twice', reason: 'invalid', detail: 'tenant: expected a text, found two different values.' },
  ]);
});

test('when nothing of it is good, the answer is 422 and tells all the same', async () => {
  for (const [body, detail] of [
    [{ ...call, tenant: '' }, /^tenant is empty\.$/],
    [[{ ...call, tenant: '' }, 5], /^All 2 calls were refused\.$/],
  ] as const) {
    const answer = await post(body);
    assert.deepEqual([answer.status, answer.body.code, answer.body.accepted], [422, 'all_rejected', 0]);
    assert.equal(answer.body.rejected?.[0]?.reason, 'empty_tenant');
    assert.match(answer.body.detail ?? '', detail);
  }
});

test('a token for one source takes no calls of another', async () => {
  const batch = [
    { ...call, callId: 'own' },
    { ...call, callId: 'foreign', source: 'other' },
  ];
  const { status, body } = await post(batch, { authorization: `Bearer ${BOUND_TOKEN}` });
  assert.deepEqual([status, body.accepted], [202, 1]);
  assert.deepEqual(body.rejected, [
    {
      index: 1,
      callId: 'foreign',
      reason: 'wrong_source',
      detail: 'The token bound is for calls of the source "pbx" alone.',
    },
  ]);
  assert.ok(!(await held()).includes('foreign'));
});

test('nobody without a token is let in, and is told how', async () => {
  for (const [authorization, challenge] of [
    ['', 'Bearer realm="apportion"'],
    ['Bearer wrong-0123456789abcdef', 'Bearer realm="apportion", error="invalid_token"'],
  ] as const) {
    const response = await fetch(url, {
      method: 'POST',
      body: JSON.stringify({ ...call, callId: 'uninvited' }),
      headers: { 'content-type': 'application/json', ...(authorization === '' ? {} : { authorization }) },
    });
    assert.equal(response.status, 401);
    assert.equal(response.headers.get('www-authenticate'), challenge);
    assert.equal(response.headers.get('content-type'), 'application/problem+json');
  }
  assert.ok(!(await held()).includes('uninvited'));
});

test('a body that is no batch of calls is refused whole, and says why', async () => {
  const event = 'application/cloudevents+json';
  const cases: readonly (readonly [string | Uint8Array<ArrayBuffer>, Record<string, string>, number, string])[] = [
    ['', {}, 400, 'not_json'],
    ['{', {}, 400, 'not_json'],
    [`[${JSON.stringify(call)}`, {}, 400, 'not_json'],
    ['"text"', {}, 400, 'wrong_body'],
    ['[]', { 'content-type': event }, 400, 'wrong_body'],
    ['{}', { 'content-type': 'application/cloudevents-batch+json' }, 400, 'wrong_body'],
    [Buffer.from([0x22, 0xff, 0x22]), {}, 400, 'not_json'],
    ['{}', { 'content-encoding': 'gzip' }, 400, 'bad_gzip'],
    ['{}', { 'content-encoding': 'br' }, 415, 'wrong_encoding'],
    ['{}', { 'content-type': 'text/plain' }, 415, 'wrong_content_type'],
    ['{}', { 'content-type': 'application/json; charset=latin1' }, 415, 'wrong_charset'],
    [JSON.stringify(call), { 'ce-specversion': '1.0' }, 415, 'binary_event'],
  ];
  for (const [body, headers, status, code] of cases) {
    const answer = await post(body, headers);
    assert.deepEqual([answer.status, answer.body.code], [status, code], `${body} ${JSON.stringify(headers)}`);
  }
  const response = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${BOUND_TOKEN}` } });
  assert.equal(response.status, 400);
  assert.equal((await fetch(url)).status, 405);
});

test('what happens is counted', async () => {
  const before = await metrics.metrics();
  await post([
    { ...call, callId: 'counted' },
    { ...call, tenant: '' },
  ]);
  const after = await metrics.metrics();
  const grown = (series: string): number => counted(after, series) - counted(before, series);
  assert.equal(grown('apportion_ingest_requests_total{status="202"}'), 1);
  assert.equal(grown('apportion_ingest_calls_accepted_total'), 1);
  assert.equal(grown('apportion_ingest_calls_rejected_total{reason="empty_tenant"}'), 1);
  assert.equal(grown('apportion_ingest_publish_seconds_count'), 1);
});

function counted(text: string, series: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}
