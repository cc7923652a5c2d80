import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { eventually, testStack } from './stack.ts';
import { changes, type Item } from './toy.ts';
import { expectedTotals, totalsOf, toyWorld } from './toy-world.ts';

suite('the host of processors', { timeout: 240_000 }, () => {
  let stack: Awaited<ReturnType<typeof testStack>>;
  before(async () => {
    stack = await testStack();
  });

  test('folds and writes every record exactly once, and commits to the very end', async () => {
    const world = await toyWorld(stack);
    const sent = numbers(5_000);
    await world.send(sent.slice(0, 2_000));
    const member = world.startSums();
    await eventually('the first are in', async () => (await world.sumsLag()) === 0);
    await world.send(sent.slice(2_000));
    await eventually('the rest is in', async () => (await world.sumsLag()) === 0);
    await member.stop();
    assertExact(await world.read(changes), sent);
  });
});

function numbers(count: number): Item[] {
  return Array.from({ length: count }, (_, index) => ({ key: index % 97, amount: 1 + (index % 5) }));
}

function assertExact(written: Parameters<typeof totalsOf>[0], sent: readonly Item[]): void {
  const { added, sums } = totalsOf(written);
  const expected = expectedTotals(sent);
  assert.deepEqual(added, expected);
  assert.deepEqual(sums, expected);
}
