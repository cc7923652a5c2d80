import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Day } from '../../schemas/scalars.ts';
import { formatCommittedState, parseCommittedState } from './committed-state.ts';

test('what is committed is read back', () => {
  const number = fc.oneof(fc.integer({ min: -(10 ** 15), max: 10 ** 15 }), fc.constant(Number.NEGATIVE_INFINITY));
  fc.assert(
    fc.property(fc.maxSafeNat(), number, number, (offset, eventTime, oldestDay) => {
      const state = { replay: { offset, eventTime }, oldestDay: oldestDay as Day };
      assert.deepEqual(parseCommittedState(formatCommittedState(state)), state);
    }),
  );
});

test('it is short, and says its version first', () => {
  const replay = { offset: 4711, eventTime: 1_778_284_800_000 };
  assert.equal(formatCommittedState({ replay, oldestDay: 20_575 as Day }), '1 4711 1778284800000 20575');
});

test('any other text is no state', () => {
  for (const text of ['', '2 1 2 3', '1 1 2', '1  2 3', '1 -1 2 3', '1 1 2 3 4', 'x', '1 1.5 2 3']) {
    assert.equal(parseCommittedState(text), null, text);
  }
});
