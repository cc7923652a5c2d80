import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliveryOf, type Life, scriptedKafka } from '../../test/scripted-kafka.ts';
import { KafkaError } from './errors.ts';
import { readTopic } from './read-topic.ts';

const topic = { name: 'items', values: Array.from({ length: 4 }, () => null) };
const everything = deliveryOf(topic);

test('what a failed member still hands over when the next one is given the same comes once, in order', async () => {
  const given = Promise.withResolvers<void>();
  const offsets: number[] = [];
  const kafka = kafkaOf([
    async (take) => {
      void take(everything);
      throw new KafkaError('transient', 'the connection was lost');
    },
    async (take) => {
      const taken = take(everything);
      given.resolve();
      await taken;
    },
  ]);
  await readTopic(kafka, topic.name, async ({ offset }) => {
    await given.promise;
    offsets.push(offset);
  });
  assert.deepEqual(offsets, [0, 1, 2, 3]);
});

test('an error of whoever takes the records ends the reading, and nothing more is handed over', async () => {
  const offsets: number[] = [];
  const kafka = kafkaOf([
    async (take) => {
      await take(everything);
      await take(everything);
    },
  ]);
  const reading = readTopic(kafka, topic.name, ({ offset }) => {
    offsets.push(offset);
    if (offset === 1) throw new Error('enough');
  });
  await assert.rejects(reading, /enough/);
  assert.deepEqual(offsets, [0, 1]);
});

test('what is read is read, also when its group cannot be deleted', async () => {
  const offsets: number[] = [];
  const deleteGroups = async () => {
    throw new KafkaError('fatal', 'the coordinator is away');
  };
  const kafka = scriptedKafka(topic, () => async (take) => take(everything), { deleteGroups });
  await readTopic(kafka, topic.name, ({ offset }) => void offsets.push(offset));
  assert.deepEqual(offsets, [0, 1, 2, 3]);
});

function kafkaOf(lives: Life[]) {
  return scriptedKafka(topic, () => lives.shift());
}
