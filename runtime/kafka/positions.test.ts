import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KafkaAdmin } from './client.ts';
import { isKafkaAway } from './errors.ts';
import { checkCommitted, extentOf, startOffset } from './positions.ts';

const RESET = 'begin anew';
const EXTENT = { low: 5, end: 90 };

test('a partition without a leader is asked about again, never taken for one that is read to its end', async () => {
  const admin = adminThatKnows([0]);
  assert.deepEqual(await extentOf(admin, 'calls', 0), EXTENT);
  assert.equal(await startOffset(admin, 'calls', 0, { at: 'timestamp', ms: 1 }, EXTENT), 7);
  await assert.rejects(extentOf(admin, 'calls', 1), isKafkaAway);
  await assert.rejects(startOffset(admin, 'calls', 1, { at: 'timestamp', ms: 1 }, EXTENT), isKafkaAway);
});

test('a time after all that may be read is found at the end, behind which a transaction may still be open', async () => {
  const admin = adminThatKnows([0]);
  assert.equal(await startOffset(admin, 'calls', 0, { at: 'timestamp', ms: 1 }, { low: 2, end: 6 }), 6);
});

test('a place that the log does not have is told with what to do', () => {
  const { low, end } = EXTENT;
  assert.equal(checkCommitted('meter', 'calls', { offset: end }, EXTENT, RESET), end);
  const check = (offset: number) => () => checkCommitted('meter', 'calls', { offset }, EXTENT, RESET);
  assert.throws(check(low - 1), {
    code: 'records_deleted',
    advice: /^Stop the role, begin anew, send/,
    message: /up to offset 4, and the topic now begins at 5/,
  });
  assert.throws(check(end + 1), { code: 'committed_beyond_end', message: /up to offset 91, and the topic ends at 90/ });
});

function adminThatKnows(partitions: readonly number[]): KafkaAdmin {
  const admin: Pick<KafkaAdmin, 'extents' | 'positionsAt'> = {
    extents: async () => new Map(partitions.map((partition) => [partition, EXTENT])),
    positionsAt: async () => new Map(partitions.map((partition) => [partition, 7])),
  };
  return admin as KafkaAdmin;
}
