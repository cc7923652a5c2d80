import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KafkaAdmin } from './client.ts';
import { faultOf } from './errors.ts';
import { extentOf, startOffset } from './positions.ts';

const EXTENT = { low: 5, end: 90 };

test('a partition without a leader is asked about again, never taken for one that is read to its end', async () => {
  const admin = adminThatKnows([0]);
  assert.deepEqual(await extentOf(admin, 'calls', 0), EXTENT);
  assert.equal(await startOffset(admin, 'calls', 0, { at: 'timestamp', ms: 1 }, EXTENT), 7);
  const isTransient = (error: unknown): boolean => faultOf(error) === 'transient';
  await assert.rejects(extentOf(admin, 'calls', 1), isTransient);
  await assert.rejects(startOffset(admin, 'calls', 1, { at: 'timestamp', ms: 1 }, EXTENT), isTransient);
});

function adminThatKnows(partitions: readonly number[]): KafkaAdmin {
  const admin: Pick<KafkaAdmin, 'extents' | 'positionsAt'> = {
    extents: async () => new Map(partitions.map((partition) => [partition, EXTENT])),
    positionsAt: async () => new Map(partitions.map((partition) => [partition, 7])),
  };
  return admin as KafkaAdmin;
}
