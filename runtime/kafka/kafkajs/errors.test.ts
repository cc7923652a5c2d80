import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { ApportionError } from '../../errors.ts';
import { faultOf, type KafkaFault } from '../errors.ts';
import { kafkaErrorOf } from './errors.ts';

const require = createRequire(import.meta.url);
const errors = require('kafkajs/src/errors') as Record<string, new (...values: unknown[]) => Error>;
const { createErrorFromCode } = require('kafkajs/src/protocol/error') as { createErrorFromCode(code: number): Error };

test('what passes by itself is tried again', () => {
  for (const code of [-1, 3, 5, 6, 7, 13, 14, 15, 16, 19, 22, 25, 27, 51, 88]) {
    assert.equal(kafkaFaultOf(createErrorFromCode(code)), 'transient', String(code));
  }
  for (const name of [
    'KafkaJSConnectionError',
    'KafkaJSConnectionClosedError',
    'KafkaJSRequestTimeoutError',
    'KafkaJSBrokerNotFound',
  ]) {
    assert.equal(kafkaFaultOf(kafkajs(name, 'gone')), 'transient', name);
  }
  assert.equal(kafkaFaultOf(kafkajs('KafkaJSNoBrokerAvailableError')), 'transient');
  assert.equal(kafkaFaultOf(Object.assign(new Error('x'), { code: 'ECONNREFUSED' })), 'transient');
});

test('a newer owner is told from a broker that is away, though kafkajs does not know PRODUCER_FENCED', () => {
  for (const code of [47, 48, 49, 90]) assert.equal(kafkaFaultOf(createErrorFromCode(code)), 'fenced', String(code));
});

test('a place that is not in the log any more is looked up anew', () => {
  const outOfRange = kafkajs('KafkaJSOffsetOutOfRange', createErrorFromCode(1), { topic: 't', partition: 0 });
  assert.equal(kafkaFaultOf(outOfRange), 'position');
});

test('is not deceived by the wrappings of kafkajs', () => {
  const wrap = (error: Error) => [
    kafkajs('KafkaJSNumberOfRetriesExceeded', error, { retryCount: 5, retryTime: 1 }),
    kafkajs('KafkaJSNonRetriableError', error, { cause: error }),
    kafkajs('KafkaJSDeleteGroupsError', 'Error in DeleteGroups', [{ groupId: 'a', error }]),
  ];
  for (const error of wrap(createErrorFromCode(16))) assert.equal(kafkaFaultOf(error), 'transient');
  for (const error of wrap(createErrorFromCode(90))) assert.equal(kafkaFaultOf(error), 'fenced');
  for (const error of wrap(createErrorFromCode(10))) assert.equal(kafkaFaultOf(error), 'fatal');
  for (const error of wrap(kafkajs('KafkaJSConnectionError', 'refused')))
    assert.equal(kafkaFaultOf(error), 'transient');
});

test('everything unknown is fatal', () => {
  for (const code of [10, 18, 29, 30, 33, 35, 42, 53, 58, 97]) {
    assert.equal(kafkaFaultOf(createErrorFromCode(code)), 'fatal', String(code));
  }
  const unknown = [new TypeError('x'), new ApportionError('a', 'b', 'c'), 'text', undefined, null, 7];
  for (const error of unknown) assert.equal(kafkaFaultOf(error), 'fatal');
  assert.equal(kafkaFaultOf(kafkajs('KafkaJSSASLAuthenticationError', 'no')), 'fatal');
});

function kafkaFaultOf(error: unknown): KafkaFault {
  return faultOf(kafkaErrorOf(error));
}

function kafkajs(name: string, ...values: unknown[]): Error {
  const Class = errors[name];
  assert.ok(Class, name);
  return new Class(...values);
}
