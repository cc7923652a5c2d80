import assert from 'node:assert/strict';
import { test } from 'node:test';
import { total } from '../processors/attribute/testing/task-on-logs.ts';
import { createLocalCodec } from '../runtime/kafka/codec.ts';
import { parseDay } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';
import { usageTotals } from '../schemas/topics.ts';
import type { UsageTotal } from '../schemas/usage-total.ts';
import { deliveryOf, scriptedKafka } from '../test/scripted-kafka.ts';
import { type DaysOfTopics, readOvertakenTotals, readStandingTotals } from './read-standing.ts';

const codec = createLocalCodec();
const day = (text: string): Day => parseDay(text) as Day;
const range = { from: day('2026-03-08'), to: day('2026-03-09') };

test('of the totals of a key the one that was made from most of its input stands, of equals the last', async () => {
  const standing = await readStandingTotals(
    holding(
      total('a', 1n, { through: 5 }),
      total('a', 2n, { through: 9 }),
      total('a', 3n, { through: 7 }),
      total('b', 4n),
    ),
  );
  assert.deepEqual(
    [...standing.values()].map(({ tenant, quantity }) => [tenant, quantity]),
    [
      ['a', 2n],
      ['b', 4n],
    ],
  );
  const equals = holding(total('a', 1n, { through: 5 }), total('a', 2n, { through: 5 }));
  assert.deepEqual(
    [...(await readStandingTotals(equals)).values()].map(({ quantity }) => quantity),
    [2n],
  );
});

test('days that are not asked for are left out', async () => {
  assert.equal((await readStandingTotals(holding(total('a', 1n, { day: day('2026-03-10') })))).size, 0);
});

test('a total is overtaken when the last of its key is older than the one that stands', async () => {
  const overtaken = async (...totals: UsageTotal[]) =>
    (await readOvertakenTotals(holding(...totals))).map(({ tenant, quantity }) => `${tenant} ${quantity}`);
  const [old, newer, newest] = [5, 7, 9].map((through) => total('a', BigInt(through), { through }));
  assert.ok(old !== undefined && newer !== undefined && newest !== undefined);
  assert.deepEqual(await overtaken(newer, old, total('b', 1n)), ['a 7']);
  assert.deepEqual(await overtaken(newer, old, old), ['a 7']);
  assert.deepEqual(await overtaken(newer, old, newest), []);
  assert.deepEqual(await overtaken(newer, old, newer), []);
  assert.deepEqual(await overtaken(old, newer), []);
});

function holding(...totals: readonly UsageTotal[]): DaysOfTopics {
  const prefix = 'test.';
  const topic = { name: prefix + usageTotals.name, values: totals.map((each) => codec.encode(usageTotals, each)) };
  const kafka = scriptedKafka(topic, () => async (take) => take(deliveryOf(topic)));
  return { kafka, prefix, codec, range };
}
