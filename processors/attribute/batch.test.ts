import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyStatement } from '../../attribution/empty-statement.ts';
import { ApportionError } from '../../runtime/errors.ts';
import { deadLetters, statements } from '../../schemas/topics.ts';
import { Batch } from './batch.ts';
import { Refused } from './read-input.ts';
import { Refusals } from './refusals.ts';
import { codec, day, NOON_MS } from './testing/task-on-logs.ts';

const MIB = 1024 * 1024;

test('is full at 20,000 records', () => {
  const batch = new Batch(codec);
  const statement = emptyStatement(day('2026-03-09'), 'USD', { calcVersion: 1, revision: 1 });
  for (let count = 1; count < 20_000; count++) batch.add(statements, statement);
  assert.ok(!batch.isFull);
  batch.add(statements, statement);
  assert.ok(batch.isFull);
});

test('is full at 32 MiB; what is left over waits, and its offset with it', () => {
  const refusals = new Refusals();
  for (const offset of [0, 1, 2, 3, 4]) refusals.add(record(offset, 10 * MIB), new Refused('invalid', 'It is wrong.'));
  const first = new Batch(codec);
  refusals.moveTo(first, () => 5);
  assert.deepEqual([first.records.length, refusals.firstOf('cost-reports.v1')], [4, 4]);
  refusals.moveTo(new Batch(codec), () => 5);
  assert.equal(refusals.firstOf('cost-reports.v1'), Number.POSITIVE_INFINITY);
});

test('refuses a record that its topic does not take, and says what to do', () => {
  const letter = { ...record(0, 18 * MIB), timestamp: 0, processor: 'attribute', reason: 'invalid', detail: '' };
  assert.throws(
    () => new Batch(codec).add(deadLetters, letter),
    (error) => error instanceof ApportionError && error.code === 'record_too_large' && error.advice !== '',
  );
});

function record(offset: number, bytes: number) {
  const at = { topic: 'cost-reports.v1', partition: 0, offset, timestampMs: NOON_MS };
  return { ...at, key: null, value: Buffer.alloc(bytes), headers: [] };
}
