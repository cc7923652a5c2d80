import assert from 'node:assert/strict';
import { test } from 'node:test';
import { absorb, clear, newHash } from './hash.ts';

const hashOf = (...texts: readonly (string | Uint8Array)[]): number[] => {
  const hash = newHash();
  for (const text of texts) {
    const bytes = Buffer.from(text);
    absorb(hash, Buffer.concat([Buffer.from('?'), bytes, Buffer.from('?')]), 1, 1 + bytes.length);
  }
  return [...hash];
};

test('hashes as MurmurHash3 x86 128 with seed 0', () => {
  // Made with the Python package mmh3, which wraps the original.
  const vectors: [string | Uint8Array, number[]][] = [
    ['', [0, 0, 0, 0]],
    ['a', [-1483435204, 1431744539, 1431744539, 1431744539]],
    ['abc', [1976420049, -1565522267, -1565522267, -1565522267]],
    ['0123456789abcde', [1014416493, 1292376256, -1378602022, -1484360710]],
    ['0123456789abcdef', [-75676663, 917426954, 1219304859, 1462451197]],
    ['f3b1c2d4-0000-4000-8000-123456789abc', [911723839, 1761425079, 599601857, 167502878]],
    ['The quick brown fox jumps over the lazy dog', [789939139, -319935385, 1568405100, -437707476]],
    [Uint8Array.from({ length: 256 }, (_, i) => i), [743884943, -616234017, -749555174, 1229759168]],
  ];
  for (const [text, hash] of vectors) assert.deepEqual(hashOf(text), hash, String(text));
});

test('a sequence of texts hashes by where one ends and the next begins', () => {
  const sequences = [['a', 'bc'], ['ab', 'c'], ['abc'], ['abc', ''], ['bc', 'a'], ['a', 'b', 'c'], ['a', '', 'bc']];
  const hashes = sequences.map((texts) => hashOf(...texts).join());
  assert.equal(new Set(hashes).size, sequences.length);
});

test('a cleared hash is a hash of nothing', () => {
  const hash = newHash();
  absorb(hash, Buffer.from('abc'), 0, 3);
  clear(hash);
  assert.deepEqual(hash, newHash());
});

test('each of the four words tells a hundred thousand ids apart as chance would', () => {
  const words = [0, 1, 2, 3].map(() => new Set<number>());
  for (let i = 0; i < 100_000; i++) {
    const hash = hashOf(`call-${i}`);
    for (const [at, seen] of words.entries()) seen.add(hash[at] ?? 0);
  }
  // 1.2 collisions are expected among 100,000 random words of 32 bits.
  for (const seen of words) assert.ok(seen.size > 99_985, `${100_000 - seen.size} collisions`);
});
