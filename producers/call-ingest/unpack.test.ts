import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Problem } from '../../runtime/http/problem.ts';
import { unpack } from './unpack.ts';

const statusOf = (body: Buffer, encoding?: string): Promise<unknown> =>
  unpack(body, encoding, 1000).catch((error) => (error instanceof Problem ? error.status : error));

test('a packed body is unpacked up to the limit, and not a byte beyond', async () => {
  assert.equal(await unpack(gzipSync('é'.repeat(500)), 'GZIP', 1000), 'é'.repeat(500));
  assert.equal(await statusOf(gzipSync('x'.repeat(1001)), 'gzip'), 413);
  assert.equal(await statusOf(gzipSync(Buffer.alloc(50_000_000)), 'gzip'), 413);
});

test('what cannot be unpacked is refused', async () => {
  assert.equal(await statusOf(Buffer.from('{}'), 'gzip'), 400);
  assert.equal(await statusOf(gzipSync('{}').subarray(0, -1), 'gzip'), 400);
  assert.equal(await statusOf(Buffer.from('{}'), 'br'), 415);
  assert.equal(await statusOf(Buffer.from('{}'), 'gzip, gzip'), 415);
});

test('bytes that are no UTF-8 are refused, since they would come back as other texts', async () => {
  assert.equal(await statusOf(Buffer.from([0x22, 0xff, 0x22])), 400);
  assert.equal(await statusOf(Buffer.from('é', 'latin1')), 400);
});
