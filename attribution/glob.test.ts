import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compilePatterns, fitsGlob } from './glob.ts';
import { RUNS } from './testing/generate.ts';
import { globToRegExp } from './testing/oracle.ts';

describe('fitsGlob', () => {
  const fitting: [glob: string, text: string][] = [
    ['*', ''],
    ['*', 'anything\nat all'],
    ['**', 'x'],
    ['acme-*', 'acme-'],
    ['acme-*', 'acme-prod'],
    ['*-prod', 'acme-prod'],
    ['*me*', 'acme-prod'],
    ['a*b*c', 'a-b-b-c'],
    ['a*bc', 'abcbc'],
    ['?', '😀'],
    ['?*', 'x'],
    ['*?', '😀'],
    ['😀?', '😀x'],
    ['😀*😀', '😀😀'],
    ['a.c[d]', 'a.c[d]'],
    ['?', '*'],
    ['', ''],
    ['?a', '\uffffa'],
  ];
  const unfitting: [glob: string, text: string][] = [
    ['acme-*', 'Acme-prod'],
    ['acme-*', 'my-acme-prod'],
    ['*-prod', 'acme-prod-2'],
    ['?', ''],
    ['?', 'ab'],
    ['??', '😀'],
    ['?*', ''],
    ['a*b*c', 'a-c-b'],
    ['a.c', 'abc'],
    ['[ab]', 'a'],
    ['', 'x'],
    ['abc', 'ab'],
    ['ab', 'abc'],
    ['*a', 'ab'],
    // The second half of a pair is no code point of its own.
    ['*\uDE00', '😀'],
  ];

  for (const [glob, text] of fitting) {
    it(`${JSON.stringify(glob)} fits ${JSON.stringify(text)}`, () => assert.equal(fitsGlob(glob, text), true));
  }
  for (const [glob, text] of unfitting) {
    it(`${JSON.stringify(glob)} does not fit ${JSON.stringify(text)}`, () => assert.equal(fitsGlob(glob, text), false));
  }

  it('agrees with regular expressions on random globs and texts', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '😀', '.'), maxLength: 8 });
    const glob = fc.string({ unit: fc.constantFrom('a', 'b', '😀', '.', '*', '*', '?'), maxLength: 6 });
    fc.assert(
      fc.property(glob, text, (pattern, value) => {
        assert.equal(fitsGlob(pattern, value), globToRegExp(pattern).test(value));
      }),
      RUNS,
    );
  });

  it('takes no more than pattern x text steps where a regular expression would never end', () => {
    const glob = `${'*a'.repeat(40)}b`;
    assert.equal(fitsGlob(glob, 'a'.repeat(2000)), false);
  });
});

describe('compilePatterns', () => {
  it('takes a value, a glob, or a list of either', () => {
    const value = compilePatterns('kube-system');
    assert.deepEqual([value('kube-system'), value('kube'), value('')], [true, false, false]);
    const list = compilePatterns(['', 'monitoring', 'acme-*', 'x?']);
    assert.deepEqual(['', 'monitoring', 'acme-1', 'xy', 'x', 'other'].map(list), [
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
