import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApportionError } from '../errors.ts';
import { commitOutcomeUnknown, transactionTooLong } from './errors.ts';
import { codeOf, isLostConnection, isTransient } from './sqlstate.ts';

const withCode = (code: string): Error => Object.assign(new Error('server'), { code });

const again = {
  'connection failure': '08006',
  'serialization failure': '40001',
  deadlock: '40P01',
  'disk full': '53100',
  'out of memory': '53200',
  'too many connections': '53300',
  'lock timeout': '55P03',
  'statement timeout, or cancelled by an administrator': '57014',
  'shut down by an administrator': '57P01',
  'crash of another session': '57P02',
  'starting up': '57P03',
  'idle in transaction': '25P03',
  'a standby after a failover': '25006',
  'an input or output error': '58030',
  'connection refused': 'ECONNREFUSED',
  'connection reset': 'ECONNRESET',
  'name server away': 'EAI_AGAIN',
};

for (const [what, code] of Object.entries(again)) {
  test(`tries again after ${what} (${code})`, () => assert.equal(isTransient(withCode(code)), true));
}

const fatal = {
  'unique violation': '23505',
  'check violation': '23514',
  'number out of range': '22003',
  'a character that cannot be stored': '22021',
  'no such table': '42P01',
  'syntax error': '42601',
  'no privilege': '42501',
  'wrong password': '28P01',
  'no such database': '3D000',
  'data corrupted': 'XX001',
  'an unknown code': 'ZZ999',
};

for (const [what, code] of Object.entries(fatal)) {
  test(`does not try again after ${what} (${code})`, () => assert.equal(isTransient(withCode(code)), false));
}

test('knows what pg says of a lost connection without a code', () => {
  for (const message of [
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'Client has encountered a connection error and is not queryable',
    'timeout exceeded when trying to connect',
  ]) {
    assert.equal(isTransient(new Error(message)), true, message);
    assert.equal(isLostConnection(new Error(message)), true, message);
  }
});

test('a mistake in the program is not taken for an outage', () => {
  assert.equal(isTransient(new TypeError('x is undefined')), false);
  assert.equal(isTransient('nonsense'), false);
  assert.equal(isTransient(new ApportionError('some_code', 'm', 'a')), false);
});

test('only an ended session leaves the outcome of a COMMIT open', () => {
  for (const code of ['57P01', '57P02', '08006', '25P03', 'ECONNRESET']) {
    assert.equal(isLostConnection(withCode(code)), true, code);
  }
  for (const code of ['40001', '40P01', '53100', '23505', '57014']) {
    assert.equal(isLostConnection(withCode(code)), false, code);
  }
});

test('an unknown outcome is never tried again blindly; a transaction that took too long is', () => {
  assert.equal(isTransient(commitOutcomeUnknown(new Error('Connection terminated'))), false);
  assert.equal(isTransient(transactionTooLong(1)), true);
});

test('looks into the errors of a name with several addresses', () => {
  const both = new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')]);
  assert.equal(codeOf(both), 'ECONNREFUSED');
  assert.equal(isTransient(both), true);
});
