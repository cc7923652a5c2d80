import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { meter } from '../../processors/meter.ts';
import { applyTopics } from '../../runtime/kafka/apply-topics.ts';
import { sendsOf } from '../../runtime/kafka/batches.ts';
import type { TopicRecords } from '../../runtime/kafka/client.ts';
import { createKafka } from '../../runtime/kafka/create-kafka.ts';
import { createLetterWriter } from '../../runtime/kafka/letter-writer.ts';
import type { ToldLettersOptions } from '../../runtime/kafka/told-letters.ts';
import { kafkaClients } from '../../runtime/settings.ts';
import { output, type TaskId } from '../../runtime/task.ts';
import type { DeadLetter } from '../../schemas/dead-letter.ts';
import { calls, deadLetters, topics, usage } from '../../schemas/topics.ts';
import { postgresSink } from '../../sinks/postgres/sink.ts';
import { writePositions } from '../faults/group-positions.ts';
import { brokerOf, proxyOfKafka } from '../faults/proxy/open-proxy.ts';
import { rawKafka } from './raw-kafka.ts';
import { eventually, testStack } from './stack.ts';
import { toyWorld } from './toy-world.ts';

for (const client of kafkaClients)
  suite(`refused lines by ${client}`, { concurrency: true, timeout: 120_000 }, async () => {
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

    for (const where of ['request', 'reply'] as const)
      test(`are told once by what commits elsewhere, when the connection is cut at the ${where} of a commit`, async () => {
        const world = await meterWorld();
        await using proxy = await proxyOfKafka(stack.kafkaBrokers);
        const kafka = await createKafka({ brokers: [brokerOf(proxy)], client, logger: world.logger });
        const admin = kafka.admin();
        const writer = createLetterWriter({ ...world, kafka, admin });
        await writer.tell(SINK_TASK, sinkLetters(1), never);
        proxy.cut('EndTxn', where);
        await writer.tell(SINK_TASK, sinkLetters(2, 3), never);
        assert.ok(proxy.isThrough());
        await writer.close(SINK_TASK);
        await admin.close();
        assert.deepEqual(await world.told(), ['1', '2', '3']);
      });

    test('are told once by what commits elsewhere, when it dies before that; and who wakes up then tells nothing', async () => {
      const world = await meterWorld();
      const first = createLetterWriter(world);
      await first.tell(SINK_TASK, sinkLetters(1, 2), never);
      const second = createLetterWriter(world);
      await second.tell(SINK_TASK, sinkLetters(1, 2, 3), never);
      await assert.rejects(first.tell(SINK_TASK, sinkLetters(4), never), { name: 'KafkaError', fault: 'fenced' });
      await second.tell(SINK_TASK, sinkLetters(4), never);
      await Promise.all([first, second].map((writer) => writer.close(SINK_TASK)));
      assert.deepEqual(await world.told(), ['1', '2', '3', '4']);
    });

    test('are told once, also where they stand behind a transaction of somebody else that is still open', async () => {
      const world = await meterWorld();
      const first = createLetterWriter(world);
      await first.tell(SINK_TASK, sinkLetters(1), never);
      const other = await world.kafka.transactionalProducer(`${world.prefix}other`);
      await other.send(sendOf(world, letter('other', usage.name, 1)));
      await first.tell(SINK_TASK, sinkLetters(2), never);
      const second = createLetterWriter(world);
      const telling = second.tell(SINK_TASK, sinkLetters(1, 2, 3), never);
      await other.commit();
      await telling;
      await Promise.all([first, second].map((writer) => writer.close(SINK_TASK)));
      await other.discard();
      assert.deepEqual(await world.told(), ['1', '2', '3']);
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
        await eventually('all is metered', async () => (await world.lag(meter.name, calls)) === 0);
        await member.stop();
      };

      const setBack = (position: number): Promise<void> =>
        writePositions(world, 'meter', [{ topic, partition: 0, position, metadata: '' }]);

      const makeAnew = async (): Promise<void> => {
        await world.admin.deleteTopics([topic]);
        await world.admin.deleteGroups([groupId]);
        await eventually('the topic is gone', async () => !(await world.admin.topics()).has(topic));
        await applyTopics(world.settings, { ...world, dryRun: false, topics });
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
  return Array.from({ length: count }, (_, offset) => letter(meter.name, usage.name, offset));
}

const SINK_TASK: TaskId = { processor: postgresSink.name, topics: [calls.name], partition: 0 };
const { signal: never } = new AbortController();

function sinkLetters(...offsets: readonly number[]): DeadLetter[] {
  return offsets.map((offset) => letter(SINK_TASK.processor, calls.name, offset));
}

function letter(processor: string, topic: string, offset: number): DeadLetter {
  const value = Buffer.from(String(offset));
  const origin = { topic, partition: 0, offset, timestamp: BEGUN_MS, key: null, value, headers: [] };
  return { ...origin, processor, reason: 'undecodable', detail: '' };
}

function sendOf({ prefix, codec }: Pick<ToldLettersOptions, 'prefix' | 'codec'>, value: DeadLetter): TopicRecords[] {
  return [...sendsOf(prefix, [output(codec, deadLetters, value)])].flat();
}

const BEGUN_MS = Date.now();
