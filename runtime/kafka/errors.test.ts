import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApportionError } from '../errors.ts';
import { faultOf, faultOfProtocolCode, faultOfSystemCode, KafkaError } from './errors.ts';

test('only what a client has told has a fault that may pass', () => {
  assert.equal(faultOf(new KafkaError('transient', 'away')), 'transient');
  for (const error of [new TypeError('x'), new ApportionError('a', 'b', 'c'), 'text', undefined, null, 7]) {
    assert.equal(faultOf(error), 'fatal');
  }
});

test('an answer that nobody knows is fatal', () => {
  for (const code of [10, 18, 29, 30, 33, 35, 42, 53, 58, 97, 9_999]) {
    assert.equal(faultOfProtocolCode(code), 'fatal', String(code));
  }
});

test('a certificate that is not believed does not pass by itself, a connection that is lost does', () => {
  const refused = [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_SSL_WRONG_VERSION_NUMBER',
  ];
  for (const code of refused) assert.equal(faultOfSystemCode(code), 'fatal', code);
  for (const code of ['ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT']) {
    assert.equal(faultOfSystemCode(code), 'transient', code);
  }
});
