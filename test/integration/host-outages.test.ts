import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { endServers } from '../../local/servers.ts';
import { startStack } from '../../local/stack.ts';
import { createRegistryCodec, openRegistry, subjectOf } from '../../runtime/kafka/registry-codec.ts';
import { createLogger } from '../../runtime/logger.ts';
import { type KafkaClientName, kafkaClients } from '../../runtime/settings.ts';
import { Undecodable } from '../../runtime/task.ts';
import { eventually, ownStack } from './stack.ts';
import { changes, type Item, items, toyTopics } from './toy.ts';
import { expectedTotals, totalsOf, toyWorld } from './toy-world.ts';

const stack = await ownStack();

suite('while a server is away', { timeout: 400_000 }, () => {
  const stop = (server: 'kafka' | 'registry') => endServers(stack.dataFolder, [server]);
  const start = () => startStack(stack.dataFolder, () => {});

  test('the host and publishers wait for Kafka, say so, and lose and repeat nothing, by either client', async () => {
    const busy = await Promise.all(kafkaClients.map(busyMember));
    await stop('kafka');
    await Promise.all(busy.map((member) => member.untilSaid('Kafka is away since')));
    await start();
    await Promise.all(busy.map((member) => member.assertRight()));
  });

  test('a member can start before Kafka does, by either client', async () => {
    const idle = await Promise.all(kafkaClients.map(memberToStart));
    await stop('kafka');
    const started = idle.map((member) => member.start());
    await Promise.all(started.map((member) => member.untilSaid('Kafka is away since')));
    await start();
    await Promise.all(started.map((member) => member.assertRight()));
  });

  test('a codec waits for the registry, at its start and in the middle', async () => {
    const world = await toyWorld(stack, { partitions: 1 });
    const url = stack.schemaRegistryUrl;
    const newer = {
      ...items.schema,
      fields: [
        { name: 'note', type: 'string', default: '' },
        { name: 'key', type: 'long' },
        { name: 'amount', type: 'long' },
      ],
    };
    const { id } = await openRegistry(url).register(
      { type: 'AVRO' as never, schema: JSON.stringify(newer) },
      { subject: subjectOf(world.prefix, items), compatibility: 'NONE' as never },
    );
    await stop('registry');
    const { lines, logger } = collectingLogger();
    const making = createRegistryCodec({ registryUrl: url, prefix: world.prefix, topics: toyTopics, logger });
    await eventually('the log says it', () => lines.some((line) => line.includes(`registry at ${url} is away since`)));
    await start();
    const codec = await making;

    const value = Buffer.concat([world.codec.encode(items, { key: 3, amount: 30 })]);
    const written = Buffer.concat([value.subarray(0, 5), Buffer.from([8]), Buffer.from('note'), value.subarray(5)]);
    written.writeUInt32BE(id, 1);
    const producer = await world.kafka.idempotentProducer();
    await producer.send([{ topic: world.prefix + items.name, records: [{ key: '3', value: written, route: 0 }] }]);
    await producer.close();
    await stop('registry');
    lines.length = 0;
    const member = world.startSums({ codec, sessionTimeoutMs: 6_000 });
    await eventually('the log says it', () => lines.some((line) => line.includes(`registry at ${url} is away since`)));
    await start();
    await eventually('all is read', async () => (await world.lag('sums', items)) === 0, 60_000);
    await member.stop();
    assert.deepEqual([...totalsOf(await world.read(changes)).added], [[3, 30]]);
    assert.ok(!(codec.decode(items, written) instanceof Undecodable));
  });
});

/** A member with much to do, and who gives it that. */
async function busyMember(client: KafkaClientName) {
  const world = await toyWorld(stack, { client });
  const { lines, logger } = collectingLogger();
  const member = world.startSums({ logger });
  const untilSaid = sayer(client, lines);
  const sent: Item[] = [];
  const send = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      const portion = Array.from({ length: 10 }, (_, at) => ({ key: at, amount: index + 1 }));
      sent.push(...portion);
      await world.send(portion);
    }
  };
  await send(50);
  const sending = send(200);
  return {
    untilSaid,
    assertRight: async (): Promise<void> => {
      await sending;
      await send(50);
      await eventually(`all is read by ${client}`, async () => (await world.sumsLag()) === 0, 60_000);
      await untilSaid('Kafka is back');
      await member.stop();
      // A publisher that lost its connection sends again, so the topic itself says what was to be counted.
      const { added, sums } = totalsOf(await world.read(changes));
      const held = await world.read(items);
      assert.ok(held.length >= sent.length, client);
      assert.deepEqual(added, expectedTotals(held), client);
      assert.deepEqual(sums, expectedTotals(held), client);
    },
  };
}

/** Topics with one item in them, and a member that is yet to start. */
async function memberToStart(client: KafkaClientName) {
  const world = await toyWorld(stack, { client });
  await world.send([{ key: 1, amount: 5 }]);
  return {
    start: () => {
      const { lines, logger } = collectingLogger();
      const member = world.startSums({ logger });
      return {
        untilSaid: sayer(client, lines),
        assertRight: async (): Promise<void> => {
          await eventually(`all is read by ${client}`, async () => (await world.sumsLag()) === 0, 60_000);
          await member.stop();
          assert.deepEqual([...totalsOf(await world.read(changes)).added], [[1, 5]], client);
        },
      };
    },
  };
}

function sayer(client: KafkaClientName, lines: readonly string[]) {
  return (begin: string): Promise<true> =>
    eventually(`${client} says that ${begin}`, () => lines.some((line) => line.startsWith(begin)));
}

function collectingLogger() {
  const lines: string[] = [];
  const write = (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg);
  return { lines, logger: createLogger('info', { write }) };
}
