import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { readCall } from '../../../producers/json-lines/call-line.ts';
import { LineFault } from '../../../producers/json-lines/line-fault.ts';
import { calls } from '../../../schemas/topics.ts';
import { testStack } from '../stack.ts';
import { call, ingestWorld, limits, NOW } from './ingest-world.ts';

const { PROPERTY_RUNS = '300' } = process.env;
const { post, read } = await ingestWorld(await testStack());

const types = ['application/json', 'application/cloudevents+json', 'application/cloudevents-batch+json', 'text/csv'];
const event = { specversion: '1.0', id: 'e', source: 'pbx', type: 'apportion.call.ended.v1', data: call };

/** A good one in which something stands that need not be good. */
const nearly = fc
  .tuple(
    fc.constantFrom(call, event),
    fc.dictionary(fc.constantFrom(...Object.keys({ ...call, ...event })), fc.jsonValue()),
  )
  .map(([base, changes]) => ({ ...base, ...changes }));
const body = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.json().map((text) => Buffer.from(text)),
  nearly.map((one) => Buffer.from(JSON.stringify(one))),
  fc.array(fc.oneof(nearly, fc.jsonValue()), { maxLength: 5 }).map((all) => Buffer.from(JSON.stringify(all))),
  // Cut off, and with a byte of it changed.
  fc.tuple(nearly, fc.nat(400), fc.nat(255)).map(([one, at, byte]) => {
    const bytes = Buffer.from(JSON.stringify([one]));
    if (at < bytes.length) bytes[at] = byte;
    return bytes.subarray(0, at % 2 === 0 ? bytes.length : at);
  }),
);

test('whatever is sent, the answer is never a defect, and nothing is accepted that is no call', async () => {
  const statuses = new Set<number>();
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(body, fc.constantFrom(...types), fc.boolean(), async (bytes, type, isPacked) => {
      const sent = isPacked ? gzipSync(bytes) : bytes;
      const headers = { 'content-type': type, ...(isPacked ? { 'content-encoding': 'gzip' } : {}) };
      const answer = await post(Buffer.from(sent), headers);
      statuses.add(answer.status);
      accepted += answer.body.accepted ?? 0;
      assert.ok([202, 400, 413, 415, 422].includes(answer.status), `${answer.status}`);
      if (answer.status === 422) assert.ok((answer.body.rejected?.length ?? 0) > 0);
      if (type === 'application/json' && answer.status === 202) assert.equal(answer.body.accepted, goodOnes(bytes));
    }),
    { numRuns: Number(PROPERTY_RUNS) },
  );
  assert.ok(statuses.has(202) && statuses.has(400) && statuses.has(422), 'all kinds of answers were met');
  const held = await read(calls);
  assert.equal(held.length, accepted);
  for (const { startedAt, endedAt, ...texts } of held) {
    const instants = { startedAt: new Date(startedAt).toISOString(), endedAt: new Date(endedAt).toISOString() };
    assert.ok(!(readCall({ ...texts, ...instants }, NOW, limits) instanceof LineFault));
  }
});

/** Judged one by one, as if each had been sent alone. */
function goodOnes(bytes: Buffer): number {
  const items: unknown[] = [JSON.parse(bytes.toString())].flat();
  return items.filter((item) => !(readCall(item, NOW, limits) instanceof LineFault)).length;
}
