import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KafkaAdmin } from '../runtime/kafka/client.ts';
import { type Stage, settle } from './settle.ts';

/** An admin client that knows only the ends of topics, of which so many records are not yet to be read. */
function adminWithEnds(ends: Record<string, () => number>, open = 0): KafkaAdmin {
  return {
    extents: async (topic: string) => new Map([[0, { low: 0, end: (ends[topic]?.() ?? 0) - open }]]),
    highWatermarks: async (topic: string) => new Map([[0, ends[topic]?.() ?? 0]]),
  } as unknown as KafkaAdmin;
}

test('settle waits for each stage against the ends that the stage before it left', async () => {
  let metered = 3;
  let totals = 1;
  const looks: string[] = [];
  const meter: Stage = {
    role: 'meter',
    topics: ['calls'],
    positions: async () => {
      looks.push('meter');
      if (metered < 5) metered += 1;
      else totals = 7;
      return new Map([[0, metered]]);
    },
  };
  let attributed = 1;
  const attribute: Stage = {
    role: 'attribute',
    topics: ['totals'],
    positions: async () => {
      looks.push('attribute');
      attributed += 2;
      return new Map([[0, attributed]]);
    },
  };
  const admin = adminWithEnds({ calls: () => 5, totals: () => totals });
  totals = 5;
  await settle(admin, [meter, attribute], { timeoutMs: 5_000, pollMs: 1 });
  assert.deepEqual(looks, ['meter', 'meter', 'attribute', 'attribute']);
});

test('settle names the role that is behind when the time is up', async () => {
  const stuck: Stage = { role: 'meter', topics: ['calls'], positions: async () => new Map([[0, 2]]) };
  await assert.rejects(settle(adminWithEnds({ calls: () => 5 }), [stuck], { timeoutMs: 0 }), {
    code: 'settle_timeout',
    message: 'The role meter has still to read 3 offsets of calls.',
  });
});

test('a partition without records needs no reader', async () => {
  const idle: Stage = { role: 'meter', topics: ['calls'], positions: async () => new Map() };
  await settle(adminWithEnds({ calls: () => 0 }), [idle], { timeoutMs: 0 });
});

test('settle asks again what fails for a moment, and gives up what does not pass', async () => {
  let asked = 0;
  const moving: Stage = {
    role: 'meter',
    topics: ['calls'],
    positions: async () => {
      asked += 1;
      if (asked < 3) throw new Error('the leader moves');
      return new Map([[0, 5]]);
    },
  };
  const admin = adminWithEnds({ calls: () => 5 });
  const isTransient = (error: unknown): boolean => String(error).includes('moves');
  await settle(admin, [moving], { timeoutMs: 5_000, pollMs: 1, isTransient });
  assert.equal(asked, 3);
  const broken: Stage = { ...moving, positions: () => Promise.reject(new Error('no such group')) };
  await assert.rejects(settle(admin, [broken], { timeoutMs: 5_000, pollMs: 1, isTransient }), /no such group/);
});

test('what stands behind a transaction that is still ending is waited for', async () => {
  const positions = [4, 5, 7];
  const stage: Stage = {
    role: 'meter',
    topics: ['calls'],
    positions: async () => new Map([[0, positions.shift() ?? 7]]),
  };
  await settle(adminWithEnds({ calls: () => 7 }, 2), [stage], { timeoutMs: 1000, pollMs: 1 });
  assert.deepEqual(positions, []);
});
