import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Admin } from 'kafkajs';
import { faultOf } from '../errors.ts';
import { KafkajsAdmin } from './admin.ts';

const isTransient = (error: unknown): boolean => faultOf(error) === 'transient';

for (const [known, offsets] of [
  ['no partition', []],
  ['one of two partitions', [{ partition: 0, offset: '9', high: '9', low: '0' }]],
] as const) {
  test(`where kafkajs knows ${known} of a topic, that is an error that passes and no answer`, async () => {
    const admin = adminWith({
      fetchTopicOffsets: async () => [...offsets],
      fetchTopicOffsetsByTimestamp: async () => [...offsets],
    });
    await assert.rejects(admin.extents('calls'), isTransient);
    await assert.rejects(admin.positionsAt('calls', 0), isTransient);
  });
}

test('what a group has committed is asked of the group, whatever kafkajs knows of its topics', async () => {
  const questions: unknown[] = [];
  const admin = adminWith({
    fetchOffsets: async (question) => {
      questions.push(question);
      const [first, never] = [
        { partition: 0, offset: '9', metadata: 'm' },
        { partition: 1, offset: '-1', metadata: null },
      ];
      return [
        { topic: 'calls', partitions: [first, never] },
        { topic: 'other', partitions: [first] },
      ];
    },
  });
  const committed = await admin.committed('meter', ['calls']);
  assert.deepEqual(committed, new Map([['calls', new Map([[0, { offset: 9, metadata: 'm' }]])]]));
  assert.deepEqual(questions, [{ groupId: 'meter' }]);
});

function adminWith(answers: Partial<Admin>): KafkajsAdmin {
  const topics = [{ name: 'calls', partitions: [{ partitionId: 0 }, { partitionId: 1 }] }];
  const library = { connect: async () => {}, fetchTopicMetadata: async () => ({ topics }), ...answers };
  return new KafkajsAdmin(library as unknown as Admin);
}
