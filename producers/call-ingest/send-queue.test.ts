import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../schemas/call.ts';
import { SendQueue } from './send-queue.ts';

const LONG_MS = 60_000;

/** A queue whose publishes end when the test says so. */
function sampleQueue(maxSendCalls: number) {
  const published: { readonly ids: string[]; end(): void; fail(error: Error): void }[] = [];
  const queue = new SendQueue({
    maxSendCalls,
    publish: (calls) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      published.push({ ids: calls.map(({ callId }) => callId), end: resolve, fail: reject });
      return promise;
    },
  });
  return { queue, published };
}

function callsOf(...ids: string[]): Call[] {
  const texts = { tenant: 'acme', product: '', cluster: '', namespace: '', source: 'pbx' };
  return ids.map((callId) => ({ callId, ...texts, startedAt: 0, endedAt: 1 }));
}

test('what comes while a publish is under way goes together in the next, as much as fits', async () => {
  const { queue, published } = sampleQueue(3);
  const sendings = [['a'], ['b', 'c'], ['d'], ['e'], ['f', 'g', 'h', 'i']].map((ids) =>
    queue.send(callsOf(...ids), LONG_MS),
  );
  for (let next = 0; next < 4; next++) {
    assert.equal(published.length, next + 1, 'one at a time');
    published[next]?.end();
    await sendings[[0, 2, 3, 4][next] ?? 0]?.outcome;
  }
  assert.deepEqual(
    published.map(({ ids }) => ids.join('')),
    ['a', 'bcd', 'e', 'fghi'],
  );
  for (const { outcome, released } of sendings) {
    assert.equal(await outcome, 'acknowledged');
    await released;
  }
});

test('no request is done before its own calls are acknowledged', async () => {
  const { queue, published } = sampleQueue(1);
  let isDone = false;
  const first = queue.send(callsOf('a'), LONG_MS);
  const second = queue.send(callsOf('b'), LONG_MS);
  void second.outcome.then(() => {
    isDone = true;
  });
  published[0]?.end();
  await first.outcome;
  assert.equal(isDone, false);
  published[1]?.end();
  assert.equal(await second.outcome, 'acknowledged');
});

test('a request that waits too long is late: taken out of the queue, but held while it is being published', async () => {
  const { queue, published } = sampleQueue(1);
  const publishing = queue.send(callsOf('a'), 10);
  const waiting = queue.send(callsOf('b'), 10);
  assert.deepEqual([await publishing.outcome, await waiting.outcome], ['late', 'late']);
  await waiting.released;
  let isReleased = false;
  void publishing.released.then(() => {
    isReleased = true;
  });
  await waiting.released;
  assert.equal(isReleased, false);
  published[0]?.end();
  await publishing.released;
  assert.deepEqual(
    published.map(({ ids }) => ids),
    [['a']],
  );
});

test('a publish that fails breaks the queue, and acknowledges nothing', async () => {
  const { queue, published } = sampleQueue(1);
  const { outcome, released } = queue.send(callsOf('a'), LONG_MS);
  published[0]?.fail(new Error('not authorized'));
  await assert.rejects(queue.broken, /not authorized/);
  assert.equal(await outcome, 'late');
  await released;
});
