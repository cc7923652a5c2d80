import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ApportionError } from '../../../runtime/errors.ts';
import { eventually, temporaryFolder, testStack } from '../stack.ts';
import { call, callsOf, ingestWorld, TOKEN } from './ingest-world.ts';

const stack = await testStack();
const MAX_BODY_BYTES = 10_000;
const MAX_BATCH_CALLS = 20;
const MAX_IN_FLIGHT_BYTES = 20_000;
const limits = { maxBodyBytes: MAX_BODY_BYTES, maxBatchCalls: MAX_BATCH_CALLS, maxInFlightBytes: MAX_IN_FLIGHT_BYTES };
const { ingest, metrics, post, url } = await ingestWorld(stack, limits);

/** A call with blanks behind it, so many bytes in all. */
const bodyOf = (bytes: number): string => JSON.stringify(call).padEnd(bytes);

test('a body of the limit is taken, and one byte more is not, packed or not, announced or in chunks', async () => {
  assert.equal((await post(bodyOf(MAX_BODY_BYTES))).status, 202);
  assert.equal((await post(Buffer.from(gzipSync(bodyOf(MAX_BODY_BYTES))), { 'content-encoding': 'gzip' })).status, 202);
  assert.equal(await statusOf(inChunks(bodyOf(MAX_BODY_BYTES))), 202);
  const refused = await post(bodyOf(MAX_BODY_BYTES + 1));
  assert.deepEqual([refused.status, refused.body.code], [413, 'body_too_large']);
  assert.match(refused.body.detail ?? '', /10000 bytes/);
  const packed = await post(Buffer.from(gzipSync(bodyOf(MAX_BODY_BYTES + 1))), { 'content-encoding': 'gzip' });
  assert.deepEqual([packed.status, packed.body.code], [413, 'body_too_large']);
  assert.equal(await statusOf(inChunks(bodyOf(MAX_BODY_BYTES + 1))), 413);
});

test('a body far beyond the limit is answered to a sender that goes on writing', async () => {
  assert.equal((await post('x'.repeat(30_000_000))).status, 413);
});

test('a batch of the limit is taken, and one call more is not', async () => {
  assert.equal((await post(callsOf(MAX_BATCH_CALLS))).status, 202);
  const refused = await post(callsOf(MAX_BATCH_CALLS + 1));
  assert.deepEqual([refused.status, refused.body.code], [413, 'too_many_calls']);
  assert.match(refused.body.detail ?? '', /21 calls; 20 are the most/);
});

test('what does not fit beside what is under way is told to come again, and fits later', async () => {
  const half = bodyOf(MAX_BODY_BYTES);
  const slow = [half, half].map((body) => open(body.length));
  for (const sending of slow) sending.write(half.slice(0, 100));
  await eventually('both are under way', async () => (await inFlightBytes()) === MAX_IN_FLIGHT_BYTES);
  const refused = await post(call);
  assert.deepEqual([refused.status, refused.body.code], [429, 'too_much_in_flight']);
  assert.match(refused.body.detail ?? '', /20000 bytes/);
  assert.equal(refused.headers.get('retry-after'), '1');
  for (const sending of slow) sending.end(half.slice(100));
  assert.deepEqual(await Promise.all(slow.map(statusOf)), [202, 202]);
  await eventually('there is room again', async () => (await inFlightBytes()) === 0);
  assert.equal((await post(call)).status, 202);
});

test('a sender that breaks off leaves its room to others', async () => {
  const broken = open(MAX_BODY_BYTES);
  broken.write('[');
  await eventually('it is under way', async () => (await inFlightBytes()) === MAX_BODY_BYTES);
  broken.on('error', () => {});
  broken.destroy();
  await eventually('there is room again', async () => (await inFlightBytes()) === 0);
});

test('a token in a file is rotated without a restart', async () => {
  const file = join(temporaryFolder(), 'token');
  writeFileSync(file, `${TOKEN}\n`);
  const rotating = await ingestWorld(stack, {
    tokens: [{ name: 'file', token: `file:${file}` }],
    tokenRefreshMs: 100,
  });
  assert.equal((await rotating.post(call)).status, 202);
  writeFileSync(file, 'another-0123456789abcdef\n');
  const authorization = 'Bearer another-0123456789abcdef';
  await eventually('the new one holds', async () => (await rotating.post(call, { authorization })).status === 202);
  assert.equal((await rotating.post(call)).status, 401);
});

test('a port that is taken is told with what to do', async () => {
  await assert.rejects(ingestWorld(stack, { port: Number(new URL(ingest.url).port) }), (error) => {
    assert.ok(error instanceof ApportionError);
    assert.equal(error.code, 'port_taken');
    assert.match(error.message, /Cannot listen at 127\.0\.0\.1:\d+/);
    return true;
  });
});

async function inFlightBytes(): Promise<number> {
  const [, bytes] = /^apportion_ingest_in_flight_bytes (\d+)$/m.exec(await metrics.metrics()) ?? [];
  return Number(bytes);
}

/** A request of which only the headers are sent; without a length it is sent in chunks. */
function open(length?: number): ClientRequest {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` };
  const sending = request(url, {
    method: 'POST',
    agent: false,
    headers: length === undefined ? headers : { ...headers, 'content-length': length },
  });
  sending.flushHeaders();
  return sending;
}

function inChunks(body: string): ClientRequest {
  const sending = open();
  sending.write(body.slice(0, 1_000));
  sending.end(body.slice(1_000));
  return sending;
}

async function statusOf(sending: ClientRequest): Promise<number | undefined> {
  const [response] = (await once(sending, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response.statusCode;
}
