import assert from 'node:assert/strict';
import { test } from 'node:test';
import { murmur2, partitionOfText } from './murmur2.ts';

test('hashes as the Java client does (vectors of its UtilsTest)', () => {
  const vectors: [string, number][] = [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ];
  for (const [text, hash] of vectors) assert.equal(murmur2(Buffer.from(text)), hash, text);
});

test('gives every text a partition, also one with a negative hash', () => {
  assert.equal(partitionOfText('21', 4), (-973932308 & 0x7fffffff) % 4);
  for (let i = 0; i < 1000; i++) {
    const partition = partitionOfText(`key-${i}`, 7);
    assert.ok(Number.isInteger(partition) && partition >= 0 && partition < 7);
  }
});
