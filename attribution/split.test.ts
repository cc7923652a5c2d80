import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { divideHalfEven, splitAmount } from './split.ts';
import { RUNS } from './testing/generate.ts';
import { fairParts } from './testing/oracle.ts';

describe('splitAmount', () => {
  it('gives the units that are left over to the largest remainders', () => {
    // 100/7: exact shares 14.28, 28.57, 57.14; floors 14, 28, 57; the unit left goes to .57.
    assert.deepEqual(splitAmount(100n, [1n, 2n, 4n]), [14n, 29n, 57n]);
    // 10/6 and so on: 1.66, 3.33, 5.0; floors 1, 3, 5.
    assert.deepEqual(splitAmount(10n, [1n, 2n, 3n]), [2n, 3n, 5n]);
  });

  it('serves equal remainders in the order of the weights', () => {
    assert.deepEqual(splitAmount(2n, [1n, 1n, 1n]), [1n, 1n, 0n]);
    assert.deepEqual(splitAmount(5n, [1n, 1n, 1n]), [2n, 2n, 1n]);
    assert.deepEqual(splitAmount(7n, [3n, 1n, 3n, 1n]), [3n, 1n, 2n, 1n]);
  });

  it('mirrors a negative amount', () => {
    assert.deepEqual(splitAmount(-100n, [1n, 2n, 4n]), [-14n, -29n, -57n]);
    assert.deepEqual(splitAmount(-2n, [1n, 1n, 1n]), [-1n, -1n, 0n]);
  });

  it('keeps zero results and gives nothing to a weight of zero', () => {
    assert.deepEqual(splitAmount(0n, [1n, 2n]), [0n, 0n]);
    assert.deepEqual(splitAmount(5n, [0n, 1n, 0n, 1n]), [0n, 3n, 0n, 2n]);
  });

  it('tells remainders apart that a double cannot', () => {
    // Remainders of 2^60 and more differ only in their last digits: as doubles they are equal.
    const big = 2n ** 70n;
    const weights = [big + 1n, big + 3n, big + 2n];
    assert.equal(Number(weights[0]), Number(weights[1]));
    assert.deepEqual(splitAmount(1n, weights), [0n, 1n, 0n]);
    assert.deepEqual(splitAmount(2n, weights), [0n, 1n, 1n]);
  });

  it('refuses weights that add up to nothing, and negative ones', () => {
    assert.throws(() => splitAmount(5n, [0n, 0n]), /Cannot split 5 over weights that add up to 0/);
    assert.throws(() => splitAmount(5n, []), RangeError);
    assert.throws(() => splitAmount(5n, [3n, -1n]), /below zero: -1/);
  });

  it('never makes or loses a unit, and equals the plain way of doing it', () => {
    const weight = fc.oneof(fc.bigInt(0n, 3n), fc.bigInt(0n, 10n ** 12n), fc.bigInt(2n ** 80n, 2n ** 80n + 9n));
    const weights = fc.array(weight, { minLength: 1, maxLength: 12 }).filter((list) => list.some((it) => it > 0n));
    const amount = fc.oneof(fc.bigInt(-50n, 50n), fc.bigInt(-(10n ** 30n), 10n ** 30n));
    fc.assert(
      fc.property(amount, weights, (size, list) => {
        const parts = splitAmount(size, list);
        assert.equal(
          parts.reduce((sum, part) => sum + part, 0n),
          size,
        );
        assert.deepEqual(parts, fairParts(size, list));
      }),
      RUNS,
    );
  });
});

describe('divideHalfEven', () => {
  it('rounds to the nearest, and exactly half to the even one', () => {
    const halves = [-7n, -5n, -3n, -1n, 1n, 3n, 5n, 7n].map((odd) => divideHalfEven(odd, 2n));
    assert.deepEqual(halves, [-4n, -2n, -2n, 0n, 0n, 2n, 2n, 4n]);
    const thirds = [-5n, -4n, -2n, -1n, 0n, 1n, 2n, 4n, 5n].map((n) => divideHalfEven(n, 3n));
    assert.deepEqual(thirds, [-2n, -1n, -1n, 0n, 0n, 0n, 1n, 1n, 2n]);
  });

  it('gives exact quotients as they are', () => {
    assert.equal(divideHalfEven(-9n, 3n), -3n);
    assert.equal(divideHalfEven(9n, 3n), 3n);
  });
});
