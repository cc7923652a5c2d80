import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { meter } from '../../processors/meter.ts';
import { applyTopics } from '../../runtime/kafka/apply-topics.ts';
import { kafkaClients } from '../../runtime/settings.ts';
import type { DeadLetter } from '../../schemas/dead-letter.ts';
import { calls, deadLetters, topics, usage } from '../../schemas/topics.ts';
import { askBroker, rawKafka } from './raw-kafka.ts';
import { eventually, testStack } from './stack.ts';
import { untyped } from './toy.ts';
import { toyWorld } from './toy-world.ts';

for (const client of kafkaClients)
  suite(`refused lines by ${client}`, { timeout: 120_000 }, async () => {
    const stack = await testStack();

    test('are told once, also when the group has lost how far they were read, however much was told since', async () => {
      const world = await meterWorld();
      await world.refuse('first', 'second');
      await world.meterAll();
      await world.setBack(1);
      await world.publisher.publish(deadLetters, lettersOfSomebodyElse(3_000));
      await world.refuse('third');
      await world.meterAll();
      await world.setBack(0);
      await world.meterAll();
      assert.deepEqual(await world.told(), ['first', 'second', 'third']);
    });

    test('are told where their topic was made anew, though others stood at their places', async () => {
      const world = await meterWorld();
      await world.refuse('first', 'second');
      await world.meterAll();
      await world.makeAnew();
      await world.refuse('third', 'second');
      await world.meterAll();
      assert.deepEqual(await world.told(), ['first', 'second', 'third', 'second']);
    });

    async function meterWorld() {
      const world = await toyWorld(stack, { client, topics, partitions: 1 });
      const topic = world.prefix + calls.name;
      const groupId = world.prefix + meter.name;

      /** Lines that no schema reads. */
      const refuse = async (...lines: readonly string[]): Promise<void> => {
        const producer = rawKafka(stack.kafkaBrokers).producer();
        await producer.connect();
        await producer.send({ topic, messages: lines.map((value) => ({ value })) });
        await producer.disconnect();
      };

      /** By a member that has confirmed nothing. */
      const meterAll = async (): Promise<void> => {
        const member = world.start(meter, { openDays: 7, maxCallHours: 24 });
        await eventually('all is metered', async () => (await world.lag(meter.name, untyped(calls))) === 0);
        await member.stop();
      };

      const setBack = (offset: number): Promise<void> =>
        askBroker(stack.kafkaBrokers, async (admin) => {
          await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: String(offset) }] });
        });

      const makeAnew = async (): Promise<void> => {
        await world.admin.deleteTopics([topic]);
        await world.admin.deleteGroups([groupId]);
        await eventually('the topic is gone', async () => !(await world.admin.topics()).has(topic));
        await applyTopics(world.settings, { dryRun: false, logger: world.logger, topics });
      };

      const told = async (): Promise<string[]> => {
        const letters = (await world.read(deadLetters)).filter((letter) => letter.topic === calls.name);
        return letters.map(({ value }) => String(value));
      };

      return { ...world, refuse, meterAll, setBack, makeAnew, told };
    }
  });

/** Of the other input, in the same partition of the dead letters. */
function lettersOfSomebodyElse(count: number): DeadLetter[] {
  return Array.from({ length: count }, (_, offset) => ({
    topic: usage.name,
    partition: 0,
    offset,
    timestamp: Date.now(),
    processor: meter.name,
    reason: 'undecodable',
    detail: '',
    key: null,
    value: null,
    headers: [],
  }));
}
