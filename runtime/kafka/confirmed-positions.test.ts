import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../logger.ts';
import type { Committed } from '../task.ts';
import { ConfirmedPositions } from './confirmed-positions.ts';
import { KafkaError } from './errors.ts';

const TASK = 'meter-calls.v1-1';

function started() {
  const lines: string[] = [];
  const clock = { ms: 0 };
  const logger = createLogger('info', { write: (line: string) => void lines.push(line) });
  return { clock, lines, positions: new ConfirmedPositions(logger, () => clock.ms) };
}

function at(offset: number): ReadonlyMap<string, Committed> {
  return new Map([['calls.v1', { offset, metadata: '' }]]);
}

test('a group may answer with what it has confirmed, with more, and with anything of a task that it confirmed nothing of', () => {
  const { positions } = started();
  positions.check(TASK, at(5));
  positions.confirm(TASK, at(7));
  positions.check(TASK, at(7));
  positions.check(TASK, at(9));
  positions.check('meter-calls.v1-2', new Map());
});

test('an answer below what was confirmed passes, and is believed when it has not passed for long, which is told', () => {
  const { positions, clock, lines } = started();
  positions.confirm(TASK, at(7));
  positions.confirm(TASK, at(6));
  const isTransient = (error: unknown): boolean => error instanceof KafkaError && error.fault === 'transient';
  assert.throws(() => positions.check(TASK, at(6)), isTransient);
  assert.throws(() => positions.check(TASK, new Map()), /committed nothing of calls.v1, and has confirmed 7 before/);
  clock.ms = 29_999;
  assert.throws(() => positions.check(TASK, at(6)), isTransient);
  assert.deepEqual(lines, []);
  clock.ms = 30_000;
  positions.check(TASK, at(6));
  assert.match(lines.join(), /offset 6 of calls.v1, and has confirmed 7 before. What lies between is counted again/);
  positions.check(TASK, at(6));
});

test('the time counts anew after an answer that was right', () => {
  const { positions, clock } = started();
  positions.confirm(TASK, at(7));
  assert.throws(() => positions.check(TASK, at(6)));
  positions.check(TASK, at(7));
  clock.ms = 40_000;
  assert.throws(() => positions.check(TASK, at(6)));
});
