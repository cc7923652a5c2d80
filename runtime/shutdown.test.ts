import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mock, test } from 'node:test';
import { createLogger } from './logger.ts';
import { shutdownSignal } from './shutdown.ts';

test('the first signal asks, the second one ends at once', () => {
  const { target, exits } = createTarget();
  const signal = shutdownSignal(createLogger('silent'), target);
  assert.equal(signal.aborted, false);
  target.emit('SIGTERM', 'SIGTERM');
  assert.equal(signal.aborted, true);
  assert.deepEqual(exits, []);
  target.emit('SIGINT', 'SIGINT');
  assert.deepEqual(exits, [1]);
});

test('what does not end within 25 s is ended', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const { target, exits } = createTarget();
    shutdownSignal(createLogger('silent'), target);
    target.emit('SIGINT', 'SIGINT');
    mock.timers.tick(24_999);
    assert.deepEqual(exits, []);
    mock.timers.tick(1);
    assert.deepEqual(exits, [1]);
  } finally {
    mock.timers.reset();
  }
});

function createTarget() {
  const exits: number[] = [];
  const emitter = new EventEmitter();
  const target = Object.assign(emitter, { exit: (code: number) => void exits.push(code) });
  return { exits, target: target as unknown as Pick<NodeJS.Process, 'on' | 'exit'> & EventEmitter };
}
