import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kinds, scenario } from './scenario.ts';

test('the same seed gives the same faults, another seed others', () => {
  const faults = 40;
  assert.deepEqual(scenario({ seed: 1, faults }), scenario({ seed: 1, faults }));
  assert.notDeepEqual(scenario({ seed: 1, faults }), scenario({ seed: 2, faults }));
});

test('each kind comes before any comes again, and all come while there is input left', () => {
  const scheduled = scenario({ seed: 3, faults: 3 * kinds.length });
  for (let round = 0; round < 3; round++) {
    const own = scheduled.slice(round * kinds.length, (round + 1) * kinds.length);
    assert.deepEqual(new Set(own.map(({ kind }) => kind)), new Set(kinds));
  }
  const moments = scheduled.map(({ at }) => at);
  assert.deepEqual(
    moments,
    moments.toSorted((a, b) => a - b),
  );
  assert.ok(moments.every((at) => at >= 0 && at < 0.95));
});
