import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseError } from 'pg';
import { ApportionError } from '../runtime/errors.ts';
import { KafkaError } from '../runtime/kafka/errors.ts';
import { serverErrorOf } from './server-error.ts';

const settings = { kafkaBrokers: ['kafka:9092'], databaseUrl: 'postgres://finance:hush@pg.example:5433/costs' };

test('an error of a server says which one, what it said, and what to do; no password is told', () => {
  const statement = (code: string) => Object.assign(new DatabaseError('no such thing', 1, 'error'), { code });
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5433'), {
    code: 'ECONNREFUSED',
    syscall: 'connect',
  });
  for (const [error, code, message] of [
    [statement('42P01'), 'no_tables', /^Postgres at pg\.example:5433\/costs has no tables .*no such thing/],
    [statement('42501'), 'postgres_refuses', /^Postgres at pg\.example:5433\/costs refuses: no such thing \(42501\)/],
    [refused, 'server_away', /^Postgres at pg\.example:5433\/costs does not answer: connect ECONNREFUSED/],
    [new AggregateError([refused], ''), 'server_away', /does not answer: Error: connect ECONNREFUSED/],
    [new KafkaError('transient', 'no leader'), 'server_away', /^Kafka at kafka:9092 does not answer: no leader/],
    [new KafkaError('fatal', 'not authorized'), 'kafka_refuses', /^Kafka at kafka:9092 refuses: not authorized/],
  ] as const) {
    const told = serverErrorOf(error, settings);
    assert.ok(told instanceof ApportionError && told.cause === error, String(told));
    assert.equal(told.code, code);
    assert.match(told.message, message);
    assert.doesNotMatch(told.message + told.advice, /hush/);
  }
});

test('every other error stays as it is', () => {
  const own = new ApportionError('bad_settings', 'no', 'mend it');
  const bug = new TypeError('x is undefined');
  const pipe = Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' });
  const file = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT', syscall: 'open' });
  for (const error of [own, bug, pipe, file, 'text']) assert.equal(serverErrorOf(error, settings), error);
});
