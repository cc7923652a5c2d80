import assert from 'node:assert/strict';
import { it } from 'node:test';
import { canonicalJson, compareText, sha256 } from './canonical-json.ts';

it('canonicalJson sorts the keys of every object by UTF-16 code units and keeps the order of lists', () => {
  const value = { b: [3, 1, { d: null, c: true }], a: 'x"y', B: 1.5, '10': 0, '9': 0 };
  assert.equal(canonicalJson(value), '{"10":0,"9":0,"B":1.5,"a":"x\\"y","b":[3,1,{"c":true,"d":null}]}');
});

it('canonicalJson leaves out what is undefined and writes bigints as integers', () => {
  assert.equal(canonicalJson({ a: undefined, b: 2n ** 64n }), '{"b":18446744073709551616}');
  assert.equal(canonicalJson([]), '[]');
  assert.equal(canonicalJson({}), '{}');
});

it('sha256 is the known digest of the UTF-8 bytes', () => {
  assert.equal(sha256(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  assert.equal(sha256('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  assert.equal(sha256('é'), '4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c');
});

it('compareText orders by UTF-16 code units, not by language', () => {
  assert.deepEqual(['b', 'a', 'Z', '', 'é', '\u{1F600}', '\uFF5E', 'a'].sort(compareText), [
    '',
    'Z',
    'a',
    'a',
    'b',
    'é',
    '\u{1F600}',
    '\uFF5E',
  ]);
  assert.equal(compareText('a', 'a'), 0);
});
