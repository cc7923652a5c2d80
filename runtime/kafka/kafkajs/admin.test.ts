import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Admin } from 'kafkajs';
import { isKafkaAway } from '../errors.ts';
import { KafkajsAdmin } from './admin.ts';

test('where kafkajs knows no partition of a topic, that is an error that passes and no answer', async () => {
  const admin = adminWith({
    fetchTopicOffsets: async () => [],
    fetchTopicOffsetsByTimestamp: async () => [],
  });
  await assert.rejects(admin.extents('calls'), isKafkaAway);
  await assert.rejects(admin.highWatermarks('calls'), isKafkaAway);
  await assert.rejects(admin.positionsAt('calls', 0), isKafkaAway);
});

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
  return new KafkajsAdmin({ connect: async () => {}, ...answers } as unknown as Admin);
}
