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
  const confirm = (...offsets: readonly number[]): void => {
    for (const offset of offsets) positions.confirm(TOPIC, 0, { offset, metadata: `at ${offset}` });
  };
  /** Where the first partition stands, and the second, when the group answers so. */
  const stand = (...offsets: readonly number[]): (number | undefined)[] => {
    const answer = new Map(offsets.map((offset, partition) => [partition, { offset, metadata: `at ${offset}` }]));
    return [0, 1].map((partition) => positions.positionOf(TOPIC, partition, answer)?.offset);
  };
  return { clock, lines, positions, confirm, stand };
}

const isTransient = (error: unknown): boolean => error instanceof KafkaError && error.fault === 'transient';

test('what a group answers stands, but where it has confirmed more', () => {
  const { confirm, stand, positions } = started();
  assert.deepEqual(stand(5), [5, undefined]);
  confirm(6, 7, 9);
  assert.deepEqual(stand(9), [9, undefined]);
  assert.deepEqual(stand(12, 3), [12, 3]);
  assert.deepEqual(stand(7), [9, undefined], 'positions are told a moment after they are confirmed');
  assert.deepEqual(positions.positionOf(TOPIC, 0, new Map([[0, { offset: 7, metadata: '' }]]))?.metadata, 'at 9');
  assert.equal(positions.positionOf('usage.v1', 0, new Map()), undefined);
});

test('an answer with less about one partition is believed about none', () => {
  const { confirm, stand, positions } = started();
  confirm(7, 6, 9);
  assert.throws(() => stand(6, 4), isTransient);
  assert.throws(() => positions.positionOf(TOPIC, 1, new Map()), /0 of calls.v1\/0 after 7/);
  assert.deepEqual(stand(7, 4), [9, 4]);
});

test('after half a minute it is believed where nothing better is known, which is told', () => {
  const { confirm, stand, clock, lines } = started();
  confirm(7, 9);
  assert.throws(() => stand(6, 4), isTransient);
  clock.ms = 29_999;
  assert.throws(() => stand(6, 4), isTransient);
  assert.deepEqual(lines, []);
  clock.ms = 30_000;
  assert.deepEqual(stand(6, 4), [9, 4]);
  assert.match(lines.join(), /6 of calls.v1\/0 after 7. These go on from what was confirmed/);
});

test('an answer that is right about another topic does not make the time count anew', () => {
  const { positions, confirm, stand, clock } = started();
  confirm(7, 9);
  assert.throws(() => stand(6));
  clock.ms = 30_000;
  positions.positionOf('usage.v1', 0, new Map());
  assert.deepEqual(stand(6), [9, undefined]);
});

test('the time counts anew after an answer that was right', () => {
  const { confirm, stand, clock } = started();
  confirm(7, 9);
  assert.throws(() => stand(6));
  stand(7);
  clock.ms = 40_000;
  assert.throws(() => stand(6));
});
