import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { Delivery, GroupMember, KafkaClient, MemberOptions } from './client.ts';
import { KafkaError } from './errors.ts';
import { readTopic } from './read-topic.ts';

const TOPIC = 'items';
const COUNT = 4;

test('what a failed member still hands over when the next one is given the same comes once, in order', async () => {
  const given = Promise.withResolvers<void>();
  const offsets: number[] = [];
  const kafka = kafkaOf([
    async ({ take }) => {
      void take(everything);
      throw new KafkaError('transient', 'the connection was lost');
    },
    async ({ take }) => {
      const taken = take(everything);
      given.resolve();
      await taken;
    },
  ]);
  await readTopic(kafka, TOPIC, async ({ offset }) => {
    await given.promise;
    offsets.push(offset);
  });
  assert.deepEqual(offsets, [0, 1, 2, 3]);
});

test('an error of whoever takes the records ends the reading, and nothing more is handed over', async () => {
  const offsets: number[] = [];
  const kafka = kafkaOf([
    async ({ take }) => {
      await take(everything);
      await take(everything);
    },
  ]);
  const reading = readTopic(kafka, TOPIC, ({ offset }) => {
    offsets.push(offset);
    if (offset === 1) throw new Error('enough');
  });
  await assert.rejects(reading, /enough/);
  assert.deepEqual(offsets, [0, 1]);
});

test('what is read is read, also when its group cannot be deleted', async () => {
  const offsets: number[] = [];
  const refused = async () => {
    throw new KafkaError('fatal', 'the coordinator is away');
  };
  const kafka = kafkaOf([async ({ take }) => take(everything)], refused);
  await readTopic(kafka, TOPIC, ({ offset }) => void offsets.push(offset));
  assert.deepEqual(offsets, [0, 1, 2, 3]);
});

/** A client of one partition, whose members do one after the other what is said once they have joined. */
function kafkaOf(
  lives: readonly ((options: MemberOptions) => Promise<void>)[],
  deleteGroups: () => Promise<void> = async () => {},
): KafkaClient {
  const left = [...lives];
  const admin = {
    extents: async () => new Map([[0, { low: 0, end: COUNT }]]),
    deleteGroups,
    close: async () => {},
  };
  const member = (options: MemberOptions): GroupMember => {
    const live = left.shift();
    assert.ok(live !== undefined, 'no further member is needed');
    return {
      run: async (signal) => {
        options.joined({ memberId: 'one', assignment: { [TOPIC]: [0] } });
        await live(options);
        if (!signal.aborted) await once(signal, 'abort');
        throw signal.reason;
      },
      point: () => {},
      seek: () => {},
      commitHint: () => {},
      close: async () => {},
    };
  };
  return { admin: () => admin, member } as unknown as KafkaClient;
}

const everything: Delivery = {
  topic: TOPIC,
  partition: 0,
  from: 0,
  next: COUNT,
  count: COUNT,
  offsetAt: (index) => index,
  keyAt: () => null,
  valueAt: () => null,
  timestampMsAt: () => 0,
  headersAt: () => [],
};
