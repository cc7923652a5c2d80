import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAssigner } from '../../../runtime/kafka/assigner.ts';
import type { Assigner, Assignment } from '../../../runtime/kafka/client.ts';
import type { TaskId } from '../../../runtime/task.ts';
import { askBroker } from '../raw-kafka.ts';
import { eventually } from '../stack.ts';
import { type Client, Collector, freshName, freshTopic, openClient, texts } from './client-world.ts';

/** What members of a group rely on, of whatever clients they are. The first of the clients is the first member's. */
export function keepsPromisesOfGroups(clients: readonly [Client, Client], brokers: string): void {
  test('an assigner of ours has the say: partitions that are read together stay so, and move only where they must', async () => {
    const [first, second] = [await openClient(clients[0], brokers), await openClient(clients[1], brokers)];
    const reports = await freshTopic(first, { partitions: 4 });
    const totals = await freshTopic(first, { partitions: 4 });
    const topics = [reports, totals];
    const groupId = freshName('group');
    const join = (client: typeof first) => {
      const held = { now: [] as readonly number[] };
      const options = { groupId, sessionTimeoutMs: 3_000, assigner: assignerOf(topics, () => held.now) };
      const member = new Collector(client, topics, options);
      const assigned = (): readonly number[] => {
        held.now = member.joins.at(-1)?.[reports] ?? [];
        return held.now;
      };
      return { member, assigned };
    };
    const a = join(first);
    await eventually('a has all', () => a.assigned().length === 4);
    const b = join(second);
    await eventually('each has two', () => a.assigned().length === 2 && b.assigned().length === 2);
    for (const { member } of [a, b]) assert.deepEqual(lastOf(member)[reports], lastOf(member)[totals]);
    assert.deepEqual([...a.assigned(), ...b.assigned()].toSorted(), [0, 1, 2, 3]);

    const [ofA, ofB] = [a.assigned(), b.assigned()];
    const c = join(second);
    await eventually('each has at least one', () => [a, b, c].every(({ assigned }) => assigned().length > 0));
    assert.ok(
      a.assigned().every((partition) => ofA.includes(partition)),
      'a keeps what it has',
    );
    assert.ok(
      b.assigned().every((partition) => ofB.includes(partition)),
      'b keeps what it has',
    );
    await a.member.close();
    await eventually('two have two each', () => b.assigned().length === 2 && c.assigned().length === 2);
    for (const { member } of [b, c]) assert.deepEqual(lastOf(member)[reports], lastOf(member)[totals]);
    await Promise.all([b.member.close(), c.member.close()]);
  });

  test('another takes the place of a member that failed, under its id, and the group waits for nobody', async () => {
    const [first, second] = [await openClient(clients[0], brokers), await openClient(clients[1], brokers)];
    const topic = await freshTopic(first);
    const options = { groupId: freshName('group'), sessionTimeoutMs: 30_000 };
    const failed = await new Collector(first, [topic], options).joined();
    failed.point({ [`${topic}/0`]: 100 });
    await eventually('it fails', () => failed.failure !== null);
    await failed.close();
    const beganMs = performance.now();
    const other = await new Collector(second, [topic], { ...options, memberId: failed.memberId }).joined();
    assert.ok(performance.now() - beganMs < 15_000, 'less than the session of the one that failed');
    const { groups } = await askBroker(brokers, (admin) => admin.describeGroups([options.groupId]));
    assert.deepEqual(
      groups[0]?.members.map(({ memberId }) => memberId),
      [other.memberId],
    );
    await other.close();
  });

  test('positions that a member commits as a hint are those of its group, and it leaves when it is closed', async () => {
    const kafka = await openClient(clients[0], brokers);
    const topic = await freshTopic(kafka);
    const producer = await kafka.idempotentProducer();
    await producer.send(texts(topic, 0, ['one']));
    await producer.close();
    const admin = kafka.admin();
    const member = await new Collector(kafka, [topic]).joined();
    member.member.commitHint([{ topic, partition: 0, position: 1, metadata: '' }]);
    await eventually('it is committed', async () => {
      return (await admin.committed(member.groupId, [topic])).get(topic)?.get(0)?.offset === 1;
    });
    assert.ok((await admin.groups()).includes(member.groupId));
    await member.close();
    await admin.deleteGroups([member.groupId]);
    assert.ok(!(await admin.groups()).includes(member.groupId), 'a group without members can be deleted');
    await admin.close();
  });
}

function lastOf(member: Collector): Assignment {
  return member.joins.at(-1) ?? {};
}

/** That of processors, for one whose tasks read a partition of both topics. */
function assignerOf(topics: readonly string[], held: () => readonly number[]): Assigner {
  const task = (partition: number): TaskId => ({ processor: 'p', topics, partition });
  return createAssigner({
    broadcasts: [],
    tasks: (partitionsOf) => Array.from({ length: partitionsOf(topics[0] ?? '') }, (_, partition) => task(partition)),
    topicName: (topic) => topic,
    owned: () => held().map((partition) => `p-${topics.join('+')}-${partition}`),
  });
}
