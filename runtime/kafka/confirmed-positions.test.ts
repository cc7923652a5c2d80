import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../logger.ts';
import { ConfirmedPositions } from './confirmed-positions.ts';
import { KafkaError } from './errors.ts';

const TOPIC = 'calls.v1';

function started() {
  const lines: string[] = [];
  const clock = { ms: 0 };
  const logger = createLogger('info', { write: (line: string) => void lines.push(line) });
  const positions = new ConfirmedPositions(logger, () => clock.ms);
  /** What the group answers, by partition. */
  const check = (...offsets: readonly number[]): void => {
    const answered = offsets.map((offset, partition) => [partition, { offset, metadata: '' }] as const);
    positions.check(TOPIC, new Map(answered));
  };
  return { clock, lines, positions, check };
}

const isTransient = (error: unknown): boolean => error instanceof KafkaError && error.fault === 'transient';

test('a group may answer with what it has confirmed, with more, and for a moment without what it confirmed last', () => {
  const { positions, check } = started();
  check(5);
  for (const offset of [6, 7, 9]) positions.confirm(TOPIC, 0, offset);
  check(9);
  check(12, 3);
  check(7);
  positions.check('usage.v1', new Map());
});

test('an answer with less about one partition is believed about none', () => {
  const { positions, check } = started();
  for (const offset of [7, 6, 9]) positions.confirm(TOPIC, 0, offset);
  assert.throws(() => check(6, 4), isTransient);
  assert.throws(() => positions.check(TOPIC, new Map()), /0 of calls.v1\/0 after 7/);
  check(7, 4);
});

test('it is believed when nothing else comes for half a minute, which is told', () => {
  const { positions, check, clock, lines } = started();
  for (const offset of [7, 9]) positions.confirm(TOPIC, 0, offset);
  assert.throws(() => check(6), isTransient);
  clock.ms = 29_999;
  assert.throws(() => check(6), isTransient);
  assert.deepEqual(lines, []);
  clock.ms = 30_000;
  check(6);
  assert.match(lines.join(), /6 of calls.v1\/0 after 7. What lies between is counted again/);
  check(6);
});

test('an answer that is right about another topic does not make the time count anew', () => {
  const { positions, check, clock } = started();
  for (const offset of [7, 9]) positions.confirm(TOPIC, 0, offset);
  assert.throws(() => check(6));
  clock.ms = 30_000;
  positions.check('usage.v1', new Map());
  check(6);
});

test('the time counts anew after an answer that was right', () => {
  const { positions, check, clock } = started();
  for (const offset of [7, 9]) positions.confirm(TOPIC, 0, offset);
  assert.throws(() => check(6));
  check(7);
  clock.ms = 40_000;
  assert.throws(() => check(6));
});
