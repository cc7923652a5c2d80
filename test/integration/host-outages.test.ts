import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { endServers } from '../../local/servers.ts';
import { startStack } from '../../local/stack.ts';
import { createRegistryCodec, openRegistry, subjectOf } from '../../runtime/kafka/registry-codec.ts';
import { createLogger } from '../../runtime/logger.ts';
import { kafkaClients } from '../../runtime/settings.ts';
import { Undecodable } from '../../runtime/task.ts';
import { eventually, ownStack } from './stack.ts';
import { changes, type Item, items, toyTopics, untyped } from './toy.ts';
import { expectedTotals, totalsOf, toyWorld } from './toy-world.ts';

const stack = await ownStack();

suite('while a server is away', { timeout: 400_000 }, () => {
  const stop = (server: 'kafka' | 'registry') => endServers(stack.dataFolder, [server]);
  const start = () => startStack(stack.dataFolder, () => {});

  for (const client of kafkaClients)
    test(`the host and publishers wait for Kafka, say so, and lose and repeat nothing, by ${client}`, async () => {
      const world = await toyWorld(stack, { client });
      const { lines, logger } = collectingLogger();
      const member = world.startSums({ logger });
      const sent: Item[] = [];
      const send = async (count: number) => {
        for (let index = 0; index < count; index++) {
          const portion = Array.from({ length: 10 }, (_, at) => ({ key: at, amount: index + 1 }));
          sent.push(...portion);
          await world.send(portion);
        }
      };
      await send(50);
      const sending = send(200);
      await stop('kafka');
      await eventually('the log says it', () => lines.some((line) => /^Kafka is away since/.test(line)));
      await start();
      await sending;
      await send(50);
      await eventually('all is read', async () => (await world.sumsLag()) === 0, 60_000);
      await eventually('the log says it', () => lines.some((line) => /^Kafka is back/.test(line)));
      await member.stop();
      // A publisher that lost its connection sends again, so the topic itself says what was to be counted.
      const { added, sums } = totalsOf(await world.read(changes));
      const held = await world.read(items);
      assert.ok(held.length >= sent.length);
      assert.deepEqual(added, expectedTotals(held));
      assert.deepEqual(sums, expectedTotals(held));
    });

  for (const client of kafkaClients)
    test(`a member can start before Kafka does, by ${client}`, async () => {
      const world = await toyWorld(stack, { client });
      await world.send([{ key: 1, amount: 5 }]);
      await stop('kafka');
      const { lines, logger } = collectingLogger();
      const member = world.startSums({ logger });
      await eventually('the log says it', () => lines.some((line) => /^Kafka is away since/.test(line)));
      await start();
      await eventually('all is read', async () => (await world.sumsLag()) === 0, 60_000);
      await member.stop();
      assert.deepEqual([...totalsOf(await world.read(changes)).added], [[1, 5]]);
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
    await eventually('all is read', async () => (await world.lag('sums', untyped(items))) === 0, 60_000);
    await member.stop();
    assert.deepEqual([...totalsOf(await world.read(changes)).added], [[3, 30]]);
    assert.ok(!(codec.decode(items, written) instanceof Undecodable));
  });
});

function collectingLogger() {
  const lines: string[] = [];
  const write = (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg);
  return { lines, logger: createLogger('info', { write }) };
}
