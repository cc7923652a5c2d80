import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Amount } from '../schemas/scalars.ts';
import { convertAmount, formatAmount, formatDecimal, parseAmount, parseDecimal, parseWeight } from './amount.ts';
import { RUNS } from './testing/generate.ts';

const parsed = (text: unknown): bigint | string => {
  const result = parseAmount(text);
  return typeof result === 'bigint' ? result : result.fault;
};

describe('parseAmount', () => {
  it('reads decimal text in every way that people and machines write it', () => {
    const texts = {
      '12.5': 12_500_000_000_000n,
      '-12.5': -12_500_000_000_000n,
      '+3': 3_000_000_000_000n,
      '5.': 5_000_000_000_000n,
      '.5': 500_000_000_000n,
      '-.5': -500_000_000_000n,
      '0': 0n,
      '-0': 0n,
      '007': 7_000_000_000_000n,
      '1E-7': 100_000n,
      '1e3': 1_000_000_000_000_000n,
      '1.5E+2': 150_000_000_000_000n,
      '2.50e-1': 250_000_000_000n,
      '0e400': 0n,
      '1e-400': 0n,
      '0.000000000001': 1n,
      '1e0000012': 10n ** 24n,
    };
    for (const [text, units] of Object.entries(texts)) assert.equal(parsed(text), units, text);
  });

  it('rounds what is beyond 12 decimals half to even', () => {
    const texts = {
      '0.0000000000005': 0n,
      '0.0000000000015': 2n,
      '0.0000000000025': 2n,
      '0.00000000000250000001': 3n,
      '0.0000000000024999': 2n,
      '-0.0000000000015': -2n,
      '-0.0000000000005': 0n,
      '15e-13': 2n,
    };
    for (const [text, units] of Object.entries(texts)) assert.equal(parsed(text), units, text);
  });

  it('refuses blanks and what is no decimal, naming the text', () => {
    const texts = ['', ' ', ' 1', '1 ', '1\n', '.', '-', '+', 'e5', '.e5', '1e', '1e+', '1,5', '1_000', '0x1', '--1'];
    for (const text of [...texts, 'NaN', 'Infinity', '1.2.3', '１', '1e5.0']) {
      assert.equal(parsed(text), `${JSON.stringify(text)} is not decimal text such as "12.5".`);
    }
  });

  it('refuses JSON numbers and all that is not text: a double has lost digits already', () => {
    assert.equal(parsed(12.5), '12.5 is not decimal text: write it in quotes, so that no digit is lost.');
    assert.match(String(parsed(null)), /^null is not decimal text/);
    assert.match(String(parsed(undefined)), /^undefined is not decimal text/);
  });

  it('refuses exponents beyond 400 and takes those up to it', () => {
    assert.equal(parsed('1e401'), '"1e401" has an exponent beyond 400.');
    assert.equal(parsed('1e-401'), '"1e-401" has an exponent beyond 400.');
    assert.equal(parsed('0E+400'), 0n);
    assert.equal(parsed('5E-400'), 0n);
  });

  it('refuses what 38 digits cannot hold', () => {
    assert.equal(parsed('99999999999999999999999999.999999999999'), 10n ** 38n - 1n);
    assert.equal(parsed('-99999999999999999999999999.999999999999'), 1n - 10n ** 38n);
    const fault = '"1e26" is too large: an amount has at most 26 digits before the point.';
    assert.equal(parsed('1e26'), fault);
    assert.equal(parsed('-1e26'), fault.replace('1e26', '-1e26'));
  });

  it('refuses absurdly long text and shows only its beginning', () => {
    assert.equal(parsed(`0.${'0'.repeat(998)}`), 0n);
    const fault = String(parsed('1'.repeat(1001)));
    assert.equal(fault, `"${'1'.repeat(79)}… is not decimal text such as "12.5".`);
    assert.equal(parsed('x'.repeat(78)), `"${'x'.repeat(78)}" is not decimal text such as "12.5".`);
  });
});

describe('formatAmount', () => {
  it('writes canonical text', () => {
    const texts = ['0', '1', '-1', '10', '0.5', '-0.5', '0.000000000001', '12.5', '100.01', '-99.999999999999'];
    for (const text of texts) assert.equal(formatAmount(parseAmount(text) as Amount), text);
    assert.equal(formatAmount(parseAmount('1.50') as Amount), '1.5');
    assert.equal(formatAmount(parseAmount('-0.00') as Amount), '0');
  });

  it('is read back as it was, whatever the amount', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 38n) + 1n, 10n ** 38n - 1n), (units) => {
        const text = formatAmount(units as Amount);
        assert.equal(parseAmount(text), units);
        assert.match(text, /^(0|-?(0|[1-9]\d*)(\.\d*[1-9])?)$/);
      }),
      RUNS,
    );
  });
});

describe('convertAmount', () => {
  const converted = (units: bigint, rate: string): bigint => {
    const decimal = parseDecimal(rate);
    return 'fault' in decimal ? assert.fail(decimal.fault) : convertAmount(units as Amount, decimal);
  };

  it('multiplies by the exact rate and rounds half to even at 12 decimals', () => {
    assert.equal(converted(10n ** 12n, '1.0832'), 1_083_200_000_000n);
    assert.equal(converted(1n, '0.5'), 0n);
    assert.equal(converted(3n, '0.5'), 2n);
    assert.equal(converted(-3n, '0.5'), -2n);
    assert.equal(converted(5n, '3'), 15n);
    assert.equal(converted(10n ** 18n, '0.0000000000000000015'), 2n);
  });
});

describe('parseDecimal and formatDecimal', () => {
  it('keep every digit of a rate and write it canonically', () => {
    const texts = {
      '1.08320': '1.0832',
      '+1': '1',
      '5.': '5',
      '1e-20': '0.00000000000000000001',
      '1.2e3': '1200',
      '-0.0': '0',
    };
    for (const [text, canonical] of Object.entries(texts)) {
      const decimal = parseDecimal(text);
      assert.equal('fault' in decimal ? decimal.fault : formatDecimal(decimal), canonical);
    }
    assert.deepEqual(parseDecimal('1e3'), { digits: 1000n, scale: 0 });
    assert.deepEqual(parseDecimal('1.25'), { digits: 125n, scale: 2 });
  });
});

describe('parseWeight', () => {
  it('scales by 10^12', () => {
    assert.equal(parseWeight('0.5'), 500_000_000_000n);
    assert.equal(parseWeight('3'), 3_000_000_000_000n);
    assert.equal(parseWeight('0'), 0n);
    assert.equal(parseWeight('0.000000000001'), 1n);
    assert.equal(parseWeight('0.0000000000010'), 1n);
  });

  it('refuses more than 12 decimals, what is below zero, and what is no decimal', () => {
    assert.deepEqual(parseWeight('0.0000000000001'), { fault: '"0.0000000000001" has more than 12 decimals.' });
    assert.deepEqual(parseWeight('1.0000000000009'), { fault: '"1.0000000000009" has more than 12 decimals.' });
    assert.deepEqual(parseWeight('-1'), { fault: '"-1" is below zero.' });
    assert.deepEqual(parseWeight('half'), { fault: '"half" is not decimal text such as "12.5".' });
  });
});
