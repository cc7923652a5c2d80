import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bigintArray, dateArray, intArray, numericArray, textArray } from './arrays.ts';

/** One dimension, may have nulls, an element type, so many elements, counting from 1. */
const header = (oid: string, length: string) => `0000000100000001${oid}${length}00000001`;

test('an array of texts has each with its length in bytes, and -1 for null', () => {
  assert.equal(
    textArray(['a', '', 'é', null]).toString('hex'),
    `${header('00000019', '00000004')}0000000161${'00000000'}00000002c3a9${'ffffffff'}`,
  );
});

test('an array without elements is one', () => {
  assert.equal(textArray([]).toString('hex'), header('00000019', '00000000'));
});

test('days count from 2000-01-01', () => {
  assert.equal(
    dateArray([10957, 10956]).toString('hex'),
    `${header('0000043a', '00000002')}0000000400000000${'00000004ffffffff'}`,
  );
});

test('whole numbers keep their sign and their 53 bits', () => {
  assert.equal(intArray([-1]).toString('hex'), `${header('00000017', '00000001')}00000004ffffffff`);
  assert.equal(
    bigintArray([Number.MAX_SAFE_INTEGER]).toString('hex'),
    `${header('00000014', '00000001')}00000008001fffffffffffff`,
  );
});

test('a decimal is digits of base 10,000 around the point', () => {
  // 12345.0067 is 1 | 2345 . 0067 : weight 1, positive, four decimals.
  assert.equal(
    numericArray([123450067n], 4).toString('hex'),
    `${header('000006a4', '00000001')}0000000e${'0003'}${'0001'}${'0000'}${'0004'}${'0001'}${'0929'}${'0043'}`,
  );
});

test('whole numbers beyond 32 bits are refused rather than cut', () => {
  assert.throws(() => intArray([2 ** 31]), RangeError);
  assert.throws(() => bigintArray([0.5]), RangeError);
});
