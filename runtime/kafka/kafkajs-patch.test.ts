/** What patches/kafkajs+2.2.4.patch changes, and that it is applied. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { mock, test } from 'node:test';

const require = createRequire(import.meta.url);

interface RequestQueue {
  push(request: { entry: { correlationId: number }; expectResponse: boolean; sendRequest(): void }): void;
  fulfillRequest(response: { correlationId: number; payload: null; size: number }): void;
  maybeThrottle(ms: number): void;
  readonly throttleCheckTimeoutId: unknown;
}

test('an idle request queue arms no timer', () => {
  const { queue, request } = queueOfOne();
  request(1);
  queue.fulfillRequest({ correlationId: 1, payload: null, size: 0 });
  assert.equal(queue.throttleCheckTimeoutId, null);
});

test('a throttled request is sent when the throttle is over, and the queue is idle again', () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
  try {
    const { queue, request, sent } = queueOfOne();
    queue.maybeThrottle(250);
    request(1);
    mock.timers.tick(249);
    assert.deepEqual(sent, []);
    mock.timers.tick(1);
    assert.deepEqual(sent, [1]);
    queue.fulfillRequest({ correlationId: 1, payload: null, size: 0 });
    assert.equal(queue.throttleCheckTimeoutId, null);
  } finally {
    mock.timers.reset();
  }
});

test('no record of an aborted transaction is shown, also where transactions interleave', () => {
  const filter = require('kafkajs/src/consumer/filterAbortedMessages') as (batch: object) => { offset: string }[];
  const message = (offset: number, producerId: string) => ({
    offset: String(offset),
    key: Buffer.from('k'),
    batchContext: { producerId, inTransaction: true },
  });
  const abort = (offset: number, producerId: string) => ({
    ...message(offset, producerId),
    key: Buffer.from([0, 0, 0, 0]),
    isControlRecord: true,
  });
  // The long transaction of a ends last, so the broker lists it last. c commits.
  const messages = [
    message(5, 'a'),
    message(6, 'c'),
    message(7, 'b'),
    message(8, 'a'),
    abort(9, 'b'),
    message(10, 'a'),
    abort(11, 'a'),
  ];
  const abortedTransactions = [
    { producerId: 'b', firstOffset: '7' },
    { producerId: 'a', firstOffset: '5' },
  ];
  const shown = (from: number) =>
    filter({ messages: messages.slice(from), abortedTransactions })
      .filter((each) => !('isControlRecord' in each))
      .map((each) => each.offset);
  assert.deepEqual(shown(0), ['6']);
  assert.deepEqual(shown(2), [], 'a fetch that begins within both');
});

/** A queue that sends at once what it may. */
function queueOfOne() {
  const Queue = require('kafkajs/src/network/requestQueue') as new (options: object) => RequestQueue;
  const logger = { debug: () => {}, warn: () => {} };
  const queue = new Queue({ maxInFlightRequests: null, requestTimeout: 1000, clientId: 'c', broker: 'b', logger });
  const sent: number[] = [];
  const request = (correlationId: number): void => {
    const entry = { correlationId, resolve: () => {}, reject: () => {} };
    queue.push({ entry, expectResponse: true, sendRequest: () => void sent.push(correlationId) });
  };
  return { queue, request, sent };
}
