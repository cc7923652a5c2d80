import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { faultOf } from '../../../runtime/kafka/errors.ts';
import { rawKafka } from '../raw-kafka.ts';
import { eventually } from '../stack.ts';
import { type Client, freshName, freshTopic, openClient } from './client-world.ts';

/** What whoever asks about topics and groups relies on. */
export function keepsPromisesOfAsking(client: Client, brokers: string): void {
  test('topics are created, told with their partitions and configuration, changed, and deleted', async () => {
    const admin = (await openClient(client, brokers)).admin();
    await admin.reach();
    const topic = freshName('topic');
    const created = { topic, partitions: 3, replicationFactor: 1, config: { 'retention.ms': '1234567' } };
    await Promise.all([admin.createTopics([created]), admin.createTopics([created])]);
    const other = { ...created, topic: `${topic}-too` };
    await admin.createTopics([created, other]);
    const topics = await admin.topics();
    assert.deepEqual([topics.get(topic), topics.get(other.topic), topics.get('nobody')], [3, 3, undefined]);
    const before = await admin.topicConfig(topic);
    assert.deepEqual(before.get('retention.ms'), { value: '1234567', isOfTopic: true });
    assert.deepEqual(before.get('cleanup.policy'), { value: 'delete', isOfTopic: false });
    await admin.replaceTopicConfig(topic, { 'cleanup.policy': 'compact' });
    // A broker that is busy learns a moment later what its controller has confirmed.
    const after = await eventually('the broker knows it', async () => {
      const config = await admin.topicConfig(topic);
      return config.get('cleanup.policy')?.isOfTopic === true && config;
    });
    assert.deepEqual(after.get('cleanup.policy'), { value: 'compact', isOfTopic: true });
    assert.equal(after.get('retention.ms')?.isOfTopic, false);
    await admin.deleteTopics([topic, other.topic]);
    await admin.deleteTopics([]);
    await eventually('it is gone', async () => !(await admin.topics()).has(topic));
    await admin.close();
  });

  test('tells where partitions begin and end, and where a time is in them', async () => {
    const kafka = await openClient(client, brokers);
    // Of 1970, which a broker would delete at its next look.
    const topic = await freshTopic(kafka, { partitions: 2, config: { 'retention.ms': '-1' } });
    const raw = rawKafka(brokers).producer();
    await raw.connect();
    const messages = [1_000, 3_000, 2_000, 4_000].map((ms) => ({ value: '', partition: 0, timestamp: String(ms) }));
    await raw.send({ topic, messages });
    await raw.disconnect();
    const admin = kafka.admin();
    assert.deepEqual(
      [...(await admin.extents(topic))].toSorted(([a], [b]) => a - b),
      [
        [0, { low: 0, end: 4 }],
        [1, { low: 0, end: 0 }],
      ],
    );
    const at = async (ms: number) => [...(await admin.positionsAt(topic, ms))].toSorted(([a], [b]) => a - b);
    for (const [ms, position] of [
      [0, 0],
      [1_001, 1],
      [3_001, 3],
      [4_001, 4],
    ] as const) {
      assert.deepEqual(
        await at(ms),
        [
          [0, position],
          [1, 0],
        ],
        String(ms),
      );
    }
    assert.deepEqual([...((await admin.committed(freshName('group'), [topic])).get(topic) ?? [])], []);
    await admin.close();
  });

  test('tells of topics that are asked about at the same time, and again by one that knows none of them', async () => {
    const kafka = await openClient(client, brokers);
    const topics = await Promise.all(Array.from({ length: 8 }, () => freshTopic(kafka, { partitions: 2 })));
    for (let round = 0; round < 20; round++) {
      const admin = kafka.admin();
      const asked = topics.map(async (topic, index) => {
        // Some of them while others are being answered.
        for (let turns = 0; turns < index * round; turns++) await turn();
        return (await Promise.all([admin.extents(topic), admin.positionsAt(topic, 0)])).map(({ size }) => size);
      });
      assert.deepEqual(await Promise.all(asked), Array(topics.length).fill([2, 2]));
      await admin.close();
    }
  });

  test('what the broker refuses for good is fatal, and nobody at the address is transient', async () => {
    const admin = (await openClient(client, brokers)).admin();
    const fatal = async (question: Promise<unknown>) => {
      await assert.rejects(question, (error: unknown) => {
        assert.equal((error as Error).name, 'KafkaError');
        assert.ok((error as Error).cause !== undefined || (error as { protocolCode?: unknown }).protocolCode !== null);
        return faultOf(error) === 'fatal';
      });
    };
    await fatal(admin.createTopics([{ topic: 'no topic/', partitions: 1, replicationFactor: 1, config: {} }]));
    const config = { 'cleanup.policy': 'nonsense' };
    await fatal(admin.createTopics([{ topic: freshName('topic'), partitions: 1, replicationFactor: 1, config }]));
    await admin.close();

    const nobody = await openClient(client, '127.0.0.1:1');
    const away = nobody.admin();
    const transient = { name: 'KafkaError', fault: 'transient' };
    await Promise.all([
      assert.rejects(away.reach(), transient),
      assert.rejects(nobody.idempotentProducer(), transient),
      assert.rejects(nobody.transactionalProducer('x'), transient),
    ]);
    await away.close();
  });
}
