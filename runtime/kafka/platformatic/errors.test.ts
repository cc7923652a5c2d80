import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AuthenticationError,
  MultipleErrors,
  NetworkError,
  ProtocolError,
  TimeoutError,
  UnexpectedCorrelationIdError,
  UserError,
} from '@platformatic/kafka';
import { faultOf } from '../errors.ts';
import { check, kafkaErrorOf } from './errors.ts';

test('a connection that is refused, lost or silent is transient', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const lost = [
    refused,
    new NetworkError('Connection closed'),
    new NetworkError('Connection to x:1 failed.', { cause: refused }),
    new TimeoutError('Request timed out'),
    new UnexpectedCorrelationIdError('Received unexpected response'),
    new MultipleErrors('Cannot connect to any broker.', [new NetworkError('Connection closed')]),
  ];
  for (const error of lost) assert.equal(faultOf(kafkaErrorOf(error)), 'transient', String(error));
});

test('being asked anew who one is passes, being nobody that is known does not', () => {
  const answered = (code: number) => {
    const cause = new MultipleErrors('Received response with error', [new ProtocolError(code)]);
    return new NetworkError('Connection to x:1 failed.', { cause: new AuthenticationError('no', { cause }) });
  };
  assert.equal(faultOf(kafkaErrorOf(answered(34))), 'transient');
  assert.equal(faultOf(kafkaErrorOf(answered(58))), 'fatal');
});

test('what is wrong with us and everything unknown is fatal', () => {
  const wrong = [
    new AuthenticationError('SASL authentication failed.'),
    new NetworkError('Connection to x:1 failed.', { cause: new AuthenticationError('no') }),
    new NetworkError('Connection to x:1 failed.', {
      cause: Object.assign(new Error('no'), { code: 'CERT_HAS_EXPIRED' }),
    }),
    new UserError('Broker requires TLS.'),
    new TypeError('x'),
    'text',
    undefined,
  ];
  for (const error of wrong) assert.equal(faultOf(kafkaErrorOf(error)), 'fatal', String(error));
});

test('an answer of the broker is told by its code and in words, also one that the library does not know', () => {
  check(0);
  assert.throws(() => check(90), { fault: 'fenced', protocolCode: 90, message: /PRODUCER_FENCED/ });
  assert.throws(() => check(16), { fault: 'transient', protocolCode: 16, message: /NOT_COORDINATOR/ });
  assert.throws(() => check(1), { fault: 'position' });
  assert.throws(() => check(9_999), { fault: 'fatal', message: /9999/ });
});

test('that a connection failed is told with why', () => {
  const cause = new AuthenticationError('SASL authentication failed.');
  const { message } = kafkaErrorOf(new NetworkError('Connection to x:1 failed.', { cause }));
  assert.equal(message, 'Connection to x:1 failed: SASL authentication failed.');
});
