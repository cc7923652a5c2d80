import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../logger.ts';
import type { TaskId } from '../task.ts';
import type { KafkaAdmin, KafkaClient, TransactionalProducer } from './client.ts';
import { createLocalCodec } from './codec.ts';
import { TopicNames } from './topic-names.ts';
import { createTransactions } from './transactions.ts';

const PREFIX = 'test.';
const TASK: TaskId = { processor: 'meter', topics: ['calls.v1'], partition: 1 };

test('a task is opened where the group has confirmed it to be, not where a coordinator is that reads its log yet', async () => {
  const answers = [7, 3, null, 12];
  const transactions = createTransactions({
    kafka: { transactionalProducer: async () => producer } as unknown as KafkaClient,
    admin: { committed: async () => answerOf(answers.shift() ?? null) } as unknown as KafkaAdmin,
    codec: createLocalCodec(),
    prefix: PREFIX,
    names: new TopicNames(PREFIX),
    logger: createLogger('silent'),
  });
  assert.equal((await transactions.open(TASK)).get('calls.v1')?.offset, 7);
  for (const offset of [9, 12]) {
    await transactions.commit(TASK, { records: [], committed: new Map([['calls.v1', { offset, metadata: '' }]]) });
  }
  assert.equal((await transactions.open(TASK)).get('calls.v1')?.offset, 12);
  assert.deepEqual(answers, []);
});

function answerOf(offset: number | null): Awaited<ReturnType<KafkaAdmin['committed']>> {
  if (offset === null) return new Map();
  return new Map([[`${PREFIX}calls.v1`, new Map([[TASK.partition, { offset, metadata: '' }]])]]);
}

const producer: TransactionalProducer = {
  send: async () => {},
  sendPositions: async () => {},
  commit: async () => {},
  abort: async () => {},
  discard: async () => {},
};
