import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createKafka } from '../../runtime/kafka/create-kafka.ts';
import { createPublisher } from '../../runtime/kafka/publisher.ts';
import { createLogger } from '../../runtime/logger.ts';
import { kafkaClients } from '../../runtime/settings.ts';
import { eventually, testStack } from './stack.ts';
import { items } from './toy.ts';
import { toyWorld } from './toy-world.ts';

const stack = await testStack();
const logger = createLogger('silent');
const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;

for (const client of kafkaClients)
  suite(`a publisher by ${client}`, async () => {
    const { prefix, codec, kafka, read } = await toyWorld(stack, { client });

    test('all who publish at once before it is connected share one producer, and its end leaves no connection behind', async () => {
      const before = sockets();
      const publisher = createPublisher({ kafka, codec, prefix, logger });
      const publishing = Array.from({ length: 50 }, (_, index) =>
        publisher.publish(items, [{ key: index, amount: 1 }]),
      );
      await Promise.all(publishing);
      await publisher.close();
      await eventually('its connections are closed', () => sockets() <= before);
      assert.equal(new Set((await read(items)).map(({ key }) => key)).size, 50);
    });

    test('when the broker is away all of them wait, each on the next producer, until they are told to stop', async () => {
      const before = sockets();
      const stop = new AbortController();
      const nowhere = await createKafka({ brokers: ['127.0.0.1:1'], client, logger });
      const publisher = createPublisher({ kafka: nowhere, codec, prefix, logger, signal: stop.signal });
      const publishing = Array.from({ length: 10 }, (_, index) =>
        publisher.publish(items, [{ key: index, amount: 1 }]),
      );
      stop.abort(new Error('stopped'));
      for (const outcome of await Promise.allSettled(publishing)) {
        assert.equal(outcome.status === 'rejected' && outcome.reason.message, 'stopped');
      }
      await publisher.close();
      await eventually('its connections are closed', () => sockets() <= before);
    });
  });
