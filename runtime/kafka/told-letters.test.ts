import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { DeadLetter } from '../../schemas/dead-letter.ts';
import { calls, deadLetters, usage } from '../../schemas/topics.ts';
import { deliveryOf, scriptedKafka } from '../../test/scripted-kafka.ts';
import { createLogger } from '../logger.ts';
import { type OutputRecord, output, type TaskId } from '../task.ts';
import { createLocalCodec } from './codec.ts';
import { KafkaError } from './errors.ts';
import { ToldLetters } from './told-letters.ts';

const TASK: TaskId = { processor: 'meter', topics: [calls.name], partition: 0 };
const codec = createLocalCodec();
const { signal: never } = new AbortController();

test('what stands already is left out, and nothing else', async () => {
  const { letters, lines } = lettersOver([told(3), told(5), told(7), told(8, { topic: usage.name })]);
  const total: OutputRecord = { ...written(told(0)), topic: { ...deadLetters, name: 'usage-totals.v1' } };
  const records = [total, ...[5, 6, 7, 8].map((offset) => written(told(offset)))];
  assert.deepEqual(await letters.untoldRecords(TASK, records, never), [total, records[2], records[4]]);
  assert.match(lines.join(), /meter-calls.v1-0: it was to begin before 2 lines of calls.v1/);
});

test('other bytes at the same place, or of another time, are another line', async () => {
  const { letters } = lettersOver([told(5), told(6)]);
  const records = [told(5, { value: Buffer.from('other') }), told(6, { timestamp: 7 })].map(written);
  assert.deepEqual(await letters.untoldRecords(TASK, records, never), records);
});

test('a look goes back to the last letter of the task from before, and comes once for each opening', async () => {
  const others = Array.from({ length: 10_000 }, (_, offset) => told(offset, { topic: usage.name }));
  const { letters, looks, lines } = lettersOver([told(1), ...others, told(3), ...others.slice(0, 1_000)]);
  for (const offset of [4, 5]) {
    const records = [written(told(offset))];
    assert.deepEqual(await letters.untoldRecords(TASK, records, never), records);
  }
  assert.deepEqual(looks, [9_002]);
  letters.forget(TASK);
  assert.deepEqual(await letters.untoldRecords(TASK, [written(told(3))], never), []);
  assert.deepEqual(looks, [9_002, 9_002, 0]);
  assert.equal(lines.length, 1);
});

test('who has never told any letter is held against all that stand', async () => {
  const others = Array.from({ length: 10_000 }, (_, offset) => told(offset, { topic: usage.name }));
  const { letters, looks } = lettersOver(others);
  assert.equal((await letters.untoldRecords(TASK, [written(told(4))], never)).length, 1);
  assert.deepEqual(looks, [8_000, 0]);
});

test('a broker that says nothing is waited for by whoever opens the task anew; a task that is closed waits for nothing', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { letters, looks } = lettersOver([told(3)], { isSilent: true });
  const silent = letters.untoldRecords(TASK, [written(told(4))], never);
  const rejected = assert.rejects(silent, (error) => error instanceof KafkaError && error.fault === 'transient');
  while (looks.length === 0) await setImmediate();
  t.mock.timers.tick(60_000);
  await rejected;
  const closing = new AbortController();
  const closed = assert.rejects(letters.untoldRecords(TASK, [written(told(4))], closing.signal), /closed/);
  closing.abort(new Error('closed'));
  await closed;
});

function told(offset: number, facts: Partial<DeadLetter> = {}): DeadLetter {
  return {
    topic: calls.name,
    partition: 0,
    offset,
    timestamp: WRITTEN_MS,
    processor: TASK.processor,
    reason: 'undecodable',
    detail: '',
    key: null,
    value: Buffer.from(`line ${offset}`),
    headers: [],
    ...facts,
  };
}

const WRITTEN_MS = Date.UTC(2026, 0, 1);

function written(letter: DeadLetter): OutputRecord {
  return output(codec, deadLetters, letter);
}

/** A topic of one partition that holds these letters. `looks` is where each reading of it began. */
function lettersOver(standing: readonly DeadLetter[], { isSilent = false } = {}) {
  const topic = { name: `test.${deadLetters.name}`, values: standing.map((each) => codec.encode(deadLetters, each)) };
  const looks: number[] = [];
  const lines: string[] = [];
  const kafka = scriptedKafka(topic, () => async (take, from) => {
    looks.push(from);
    if (!isSilent) await take(deliveryOf(topic, from));
  });
  const letters = new ToldLetters({
    kafka,
    admin: kafka.admin(),
    codec,
    prefix: 'test.',
    logger: createLogger('info', { write: (line: string) => void lines.push(line) }),
  });
  return { letters, looks, lines };
}
