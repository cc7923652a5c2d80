import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Frames } from './frames.ts';

/** A byte of length, then as many more. */
const framed = fc.array(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from([bytes.length, ...bytes])));

test('gives the same frames in whatever portions their bytes come', () => {
  fc.assert(
    fc.property(framed, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (expected, sizes) => {
      const frames = new Frames((head) => (head.length < 1 ? null : 1 + (head[0] ?? 0)));
      const found: Buffer[] = [];
      let rest = Buffer.concat(expected);
      for (let turn = 0; rest.length > 0; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        found.push(...frames.take(rest.subarray(0, size)));
        rest = rest.subarray(size);
      }
      assert.deepEqual(found, expected);
    }),
  );
});
