import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Day } from '../../schemas/scalars.ts';
import { absorb, type Hash, newHash } from './hash.ts';
import { Identities } from './identities.ts';

const { PROPERTY_RUNS = '500' } = process.env;

test('remembers identity, content and last day as a map would, while days close and identities are kept longer', () => {
  const step = fc.record({
    does: fc.constantFrom('add', 'add', 'add', 'extend', 'close'),
    id: fc.nat(40),
    content: fc.nat(3),
    day: fc.nat(12),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
      const identities = new Identities();
      const expected = new Map<number, { content: number; day: number }>();
      let oldest = Number.NEGATIVE_INFINITY;
      for (const { does, id, content, day } of steps) {
        if (does === 'close') {
          oldest = Math.max(oldest, day - 6);
          identities.closeBefore(oldest);
          for (const [known, entry] of expected) if (entry.day < oldest) expected.delete(known);
          continue;
        }
        const entry = expected.get(id);
        assert.equal(identities.find(hashOf(`id ${id}`)), entry !== undefined);
        if (entry === undefined) {
          if (day < oldest) continue;
          identities.add(hashOf(`id ${id}`), hashOf(`content ${content}`), day as Day);
          expected.set(id, { content, day });
        } else {
          assert.equal(identities.lastDay(), entry.day);
          assert.equal(identities.hasContent(hashOf(`content ${content}`)), content === entry.content);
          if (does === 'extend' && day > entry.day) {
            identities.extendTo(day as Day);
            entry.day = day;
          }
        }
      }
    }),
    { numRuns: Number(PROPERTY_RUNS) / 5 },
  );
});

test('finds each of 300,000 identities, and none that is not there, in at most 40 bytes each', () => {
  const identities = new Identities();
  const content = hashOf('content');
  for (let i = 0; i < 300_000; i++) {
    assert.ok(!identities.find(spread(i)));
    identities.add(spread(i), content, (20_000 + (i % 8)) as Day);
    if (i % 25_000 === 0 && i >= 100_000) {
      const { identities: kept, bytes } = identities.size();
      assert.equal(kept, i + 1);
      assert.ok(bytes / kept <= 40, `${bytes / kept} bytes at ${kept}`);
    }
  }
  for (let i = 0; i < 300_000; i++) {
    assert.ok(identities.find(spread(i)));
    assert.equal(identities.lastDay(), 20_000 + (i % 8));
  }
});

test('gives the memory of closed days back', () => {
  const identities = new Identities();
  const content = hashOf('content');
  for (let i = 0; i < 300_000; i++) {
    identities.find(spread(i));
    identities.add(spread(i), content, (i < 270_000 ? 1 : 2) as Day);
  }
  const before = identities.size();
  identities.closeBefore(2);
  for (let i = 270_000; i < 300_000; i++) assert.ok(identities.find(spread(i)));
  for (let i = 0; i < 270_000; i += 100) assert.ok(!identities.find(spread(i)));
  const after = identities.size();
  assert.equal(after.identities, 30_000);
  assert.ok(after.bytes < before.bytes / 4, `${after.bytes} of ${before.bytes} bytes are left`);
});

test('keeps days of the whole calendar apart', () => {
  const identities = new Identities();
  for (const day of [-719_528, -1, 0, 20_000, 2_932_896]) {
    assert.ok(!identities.find(hashOf(String(day))));
    identities.add(hashOf(String(day)), hashOf('content'), day as Day);
    assert.ok(identities.find(hashOf(String(day))));
    assert.equal(identities.lastDay(), day);
    assert.ok(identities.hasContent(hashOf('content')));
  }
});

function hashOf(text: string): Hash {
  const hash = newHash();
  const bytes = Buffer.from(text);
  absorb(hash, bytes, 0, bytes.length);
  return hash;
}

const scratch = Buffer.alloc(4);

function spread(i: number): Hash {
  const hash = newHash();
  scratch.writeUInt32LE(i);
  absorb(hash, scratch, 0, 4);
  return hash;
}
