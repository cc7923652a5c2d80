import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NANO, parseQuantity } from './quantity.ts';

const { PROPERTY_RUNS = '500' } = process.env;
const runs = { numRuns: Number(PROPERTY_RUNS) };

const POWERS: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };

const whole = fc.bigInt({ min: 0n, max: 10n ** 15n });

test('what Kubernetes writes is read to the last nano-unit', () => {
  const cases: Readonly<Record<string, bigint>> = {
    '0': 0n,
    '67131864n': 67_131_864n,
    '250m': NANO / 4n,
    '1.5': (3n * NANO) / 2n,
    '.5': NANO / 2n,
    '5.': 5n * NANO,
    '+1': NANO,
    '-1': -NANO,
    '71252Ki': 71_252n * 1024n * NANO,
    '1.5Gi': 1536n * 1024n * 1024n * NANO,
    '12e3': 12_000n * NANO,
    '12E-3': 12_000_000n,
    '2E': 2n * 10n ** 18n * NANO,
    '2E1': 20n * NANO,
    '1Ei': 2n ** 60n * NANO,
  };
  for (const [text, nano] of Object.entries(cases)) assert.equal(parseQuantity(text), nano, text);
});

test('what is finer than nano is rounded away from zero, and binary quantities end at the largest of Kubernetes', () => {
  assert.equal(parseQuantity('0.1n'), 1n);
  assert.equal(parseQuantity('-0.1n'), -1n);
  assert.equal(parseQuantity('1e-99'), 1n);
  assert.equal(parseQuantity('0.0000000011'), 2n);
  assert.equal(parseQuantity('0.0n'), 0n);
  assert.equal(parseQuantity('8Ei'), (2n ** 63n - 1n) * NANO);
  assert.equal(parseQuantity('100E'), 10n ** 20n * NANO);
});

test('what is no quantity is none', () => {
  for (const text of [
    '',
    '-',
    '.',
    'm',
    '1 ',
    '1K',
    '1ki',
    '1mi',
    '1ni',
    '1e',
    '1e+',
    '1e100',
    '1.2.3',
    '0x1',
    'NaN',
  ]) {
    assert.equal(parseQuantity(text), null, text);
  }
});

test('a decimal suffix is the power of ten that its exponent is', () => {
  fc.assert(
    fc.property(whole, fc.constantFrom(...Object.keys(POWERS)), (number, suffix) => {
      const power = POWERS[suffix] ?? 0;
      const expected = (number * 10n ** BigInt(power + 9)) as bigint;
      assert.equal(parseQuantity(`${number}${suffix}`), expected);
      assert.equal(parseQuantity(`${number}e${power}`), expected);
      assert.equal(parseQuantity(`${number}E${power}`), expected);
    }),
    runs,
  );
});

test('a binary suffix is that many times 1024', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 7n }), fc.nat(5), (number, step) => {
      const expected = number * 1024n ** BigInt(step + 1) * NANO;
      assert.equal(parseQuantity(`${number}${'KMGTPE'[step]}i`), expected);
    }),
    runs,
  );
});

test('a fraction of any length is at most a nano-unit too much, and never too little', () => {
  fc.assert(
    fc.property(whole, fc.stringMatching(/^\d{1,30}$/), (number, fraction) => {
      const nano = parseQuantity(`${number}.${fraction}`) ?? -1n;
      const scale = 10n ** BigInt(fraction.length);
      const over = nano * scale - (number * scale + BigInt(fraction)) * NANO;
      assert.ok(over >= 0n && over < scale);
    }),
    runs,
  );
});

test('a sign turns the value round and changes nothing else', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^\d{1,12}(\.\d{1,12})?(n|m|Gi)?$/), (text) => {
      const nano = parseQuantity(text) ?? 0n;
      assert.equal(parseQuantity(`+${text}`), nano);
      assert.equal(parseQuantity(`-${text}`), -nano);
    }),
    runs,
  );
});
