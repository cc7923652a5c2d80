import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { publication } from '../../runtime/journal.ts';
import { createKafka } from '../../runtime/kafka/create-kafka.ts';
import { createKafkaJournal } from '../../runtime/kafka/journal.ts';
import { kafkaClients } from '../../runtime/settings.ts';
import { checkpoints } from '../../schemas/topics.ts';
import { brokerOf, proxyOfKafka } from '../faults/proxy/open-proxy.ts';
import { testStack } from './stack.ts';
import { items, toyTopics } from './toy.ts';
import { toyWorld } from './toy-world.ts';

const stack = await testStack();
for (const client of kafkaClients)
  suite(`a journal by ${client}`, async () => {
    const world = await toyWorld(stack, { client, topics: [...toyTopics, checkpoints] });
    const { prefix, codec, logger } = world;
    const proxy = await proxyOfKafka(stack.kafkaBrokers);
    after(() => proxy.goAway());

    const kafka = await createKafka({ brokers: [brokerOf(proxy)], client, logger });

    function journalOf(name: string) {
      return createKafkaJournal({ name, kafka, codec, prefix, logger });
    }

    const entry = (key: number, state: Record<string, string>) => ({
      publications: [publication(items, [{ key, amount: 1 }])],
      state: new Map(Object.entries(state)),
    });

    const countOf = async (key: number): Promise<number> =>
      (await world.read(items)).filter((item) => item.key === key).length;

    test('what was written is there after a restart, by key, and what was forgotten is not', async () => {
      const first = journalOf('kept');
      assert.deepEqual(await first.open(), new Map());
      await first.write(entry(1, { a: '1', b: '1' }));
      await first.write(entry(1, { b: '2', c: '3' }));
      await first.write(entry(1, { a: '' }));
      await first.close();
      const second = journalOf('kept');
      assert.deepEqual(
        await second.open(),
        new Map([
          ['b', '2'],
          ['c', '3'],
        ]),
      );
      await second.close();
      assert.equal(await countOf(1), 3);
    });

    test('journals of other names, also of one that is the start of another, are not mixed up', async () => {
      const [short, long] = [journalOf('poller-a'), journalOf('poller-a:emea')];
      await short.open();
      await long.open();
      await short.write(entry(2, { own: 'short' }));
      await long.write(entry(2, { own: 'long' }));
      for (const [journal, own] of [[short, 'short'] as const, [long, 'long'] as const]) {
        assert.deepEqual(await journal.open(), new Map([['own', own]]));
        await journal.close();
      }
    });

    test('whoever opens it shuts out all who have opened it before', async () => {
      const [first, second] = [journalOf('shared'), journalOf('shared')];
      await first.open();
      await first.write(entry(3, { own: 'first' }));
      assert.deepEqual(await second.open(), new Map([['own', 'first']]));
      await assert.rejects(first.write(entry(3, { own: 'too late' })), { code: 'journal_taken_over' });
      await second.write(entry(3, { own: 'second' }));
      assert.deepEqual(await first.open(), new Map([['own', 'second']]));
      assert.equal(await countOf(3), 2);
      await Promise.all([first.close(), second.close()]);
    });

    for (const [index, [request, where]] of (
      [
        ['AddPartitionsToTxn', 'request'],
        ['AddPartitionsToTxn', 'reply'],
        ['Produce', 'request'],
        ['Produce', 'reply'],
        ['EndTxn', 'request'],
        ['EndTxn', 'reply'],
        ['InitProducerId', 'reply'],
      ] as const
    ).entries()) {
      test(`a connection cut before the ${where} of ${request} neither loses nor repeats a write`, async () => {
        const key = 10 + index;
        const journal = journalOf(`cut-${request}-${where}`);
        if (request === 'InitProducerId') proxy.cut(request, where);
        await journal.open();
        await journal.write(entry(key, { writes: '1' }));
        if (request !== 'InitProducerId') proxy.cut(request, where);
        await journal.write(entry(key, { writes: '2' }));
        assert.ok(proxy.isThrough(), 'the connection was cut');
        await journal.write(entry(key, { writes: '3' }));
        assert.deepEqual(await journal.open(), new Map([['writes', '3']]));
        assert.equal(await countOf(key), 3);
        await journal.close();
      });
    }
  });
