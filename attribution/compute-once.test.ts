import assert from 'node:assert/strict';
import { it } from 'node:test';
import { computeOnce } from './compute-once.ts';

it('computes a value when its key is asked for the first time, and never again', () => {
  const known = new Map<string, string | null>();
  const asked: string[] = [];
  const compute = (key: string): string | null => {
    asked.push(key);
    return key === 'nothing' ? null : key.toUpperCase();
  };
  const values = ['a', 'nothing', 'a', 'nothing', 'b'].map((key) => computeOnce(known, key, compute));
  assert.deepEqual(values, ['A', null, 'A', null, 'B']);
  assert.deepEqual(asked, ['a', 'nothing', 'b']);
});
