import assert from 'node:assert/strict';
import { test } from 'node:test';
import { histogram, percentile } from './histogram.ts';

test('a histogram has a line for each bucket between the first and the last that has any', () => {
  assert.equal(
    histogram([0.5, 1.1, 1.2, 1.6, 2.4, 99.9, 100]).split('\n').slice(0, 7).join('\n'),
    [
      'from ms  to ms  count',
      '      0   1.25      3  ██████████████████████████████████████████████████',
      '   1.25    1.6      0',
      '    1.6      2      1  █████████████████',
      '      2    2.5      1  █████████████████',
      '    2.5    3.2      0',
      '    3.2      4      0',
    ].join('\n'),
  );
  assert.match(histogram([0.5, 99.9, 100]), /\n {5}80 {4}100 {6}1 .*\n {4}100 {4}125 {6}1 /);
});

test('buckets have the same bounds whatever is in them', () => {
  const bounds = (text: string) =>
    text
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/ +/).slice(0, 2).join('-'));
  assert.deepEqual(bounds(histogram([1250])), ['1,250-1,600']);
  assert.deepEqual(bounds(histogram([1599.9, 1600])), ['1,250-1,600', '1,600-2,000']);
});

test('a percentile is one of the values: the smallest that so many are not above', () => {
  const values = [40, 10, 30, 20];
  assert.deepEqual(
    [0, 0.25, 0.26, 0.5, 0.99, 1].map((share) => percentile(values, share)),
    [10, 10, 20, 20, 40, 40],
  );
  assert.throws(() => percentile([], 0.5), /no percentile of nothing/);
});
