import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partitionOfRoute } from '../../../runtime/kafka/partitioner.ts';
import { readTopic } from '../../../runtime/kafka/read-topic.ts';
import { brokerOf, proxyOfKafka } from '../../faults/proxy/open-proxy.ts';
import { transactionsEnded, valuesOf } from '../committed-values.ts';
import { eventually } from '../stack.ts';
import { type Client, freshName, freshTopic, openClient, texts } from './client-world.ts';

/** What whoever writes relies on. */
export function keepsPromisesOfProducing(client: Client, brokers: string): void {
  test('records go where their routes say, and sends that are made at once all arrive once', async () => {
    const kafka = await openClient(client, brokers);
    const topic = await freshTopic(kafka, { partitions: 5 });
    const producer = await kafka.idempotentProducer();
    const record = (route: string | number, text: string) => ({ key: null, value: Buffer.from(text), route });
    const routes = ['a', 'b', 'ü', 7, -3, 12];
    const sends = Array.from({ length: 30 }, (_, send) => {
      return producer.send([{ topic, records: routes.map((route) => record(route, `${route} ${send}`)) }]);
    });
    await Promise.all(sends);
    await producer.close();
    const places = new Map<string, { partition: number; sends: number[] }>();
    await readTopic(kafka, topic, ({ partition, value }) => {
      const [route = '', send] = String(value).split(' ');
      const place = places.get(route) ?? { partition, sends: [] };
      assert.equal(place.partition, partition);
      place.sends.push(Number(send));
      places.set(route, place);
    });
    for (const route of routes) {
      places.get(String(route))?.sends.sort((a, b) => a - b);
      const expected = { partition: partitionOfRoute(route, 5), sends: [...Array(30).keys()] };
      assert.deepEqual(places.get(String(route)), expected, String(route));
    }
  });

  test('a transaction is there as a whole, with its positions and what is written beside them, or not at all', async () => {
    const kafka = await openClient(client, brokers);
    const [topic, input, groupId] = [
      await freshTopic(kafka, { partitions: 2 }),
      await freshTopic(kafka),
      freshName('group'),
    ];
    const admin = kafka.admin();
    const position = (at: number, metadata: string) => [{ topic: input, partition: 0, position: at, metadata }];
    const committed = async () => (await admin.committed(groupId, [input])).get(input)?.get(0);
    const producer = await kafka.transactionalProducer(`${topic}-writer`);
    await producer.send([...texts(topic, 0, ['one']), ...texts(topic, 1, ['one'])]);
    await producer.sendPositions(groupId, position(7, 'mark'));
    assert.deepEqual(await valuesOf(kafka, topic), []);
    await producer.commit();
    await eventually('its position is there', async () => (await committed())?.offset === 7);
    assert.deepEqual(await committed(), { offset: 7, metadata: 'mark' });

    await producer.send(texts(topic, 0, ['aborted']));
    await producer.sendPositions(groupId, position(8, 'aborted'));
    await producer.abort();
    assert.deepEqual(await committed(), { offset: 7, metadata: 'mark' });

    await producer.sendPositions(groupId, position(2 ** 40 + 1, 'ü'.repeat(500)));
    await producer.commit();
    await eventually(
      'a transaction of positions alone is there',
      async () => (await committed())?.offset === 2 ** 40 + 1,
    );
    assert.deepEqual(
      await committed(),
      { offset: 2 ** 40 + 1, metadata: 'ü'.repeat(500) },
      'a transaction of positions alone',
    );

    await producer.commit();
    await producer.send(texts(topic, 1, ['two']));
    await producer.commit();
    await producer.discard();
    await transactionsEnded(kafka, topic);
    assert.deepEqual((await valuesOf(kafka, topic)).toSorted(), ['one', 'one', 'two']);
    await admin.close();
  });

  test('taking a transactional id over shuts out who had it, aborts what was open, and is told as `fenced`', async () => {
    const kafka = await openClient(client, brokers);
    const [topic, groupId] = [await freshTopic(kafka), freshName('group')];
    const id = `${topic}-owner`;
    const position = (at: number) => [{ topic, partition: 0, position: at, metadata: '' }];
    const first = await kafka.transactionalProducer(id);
    await first.send(texts(topic, 0, ['of the first']));
    await first.commit();
    await first.send(texts(topic, 0, ['left open']));
    await first.sendPositions(groupId, position(1));
    const second = await kafka.transactionalProducer(id);
    await assert.rejects(first.commit(), { name: 'KafkaError', fault: 'fenced' });
    await first.discard();
    await second.send(texts(topic, 0, ['of the second']));
    await second.commit();

    const third = await kafka.transactionalProducer(id);
    await assert.rejects(second.send(texts(topic, 0, ['too late'])), { fault: 'fenced' });
    await second.discard();
    const fourth = await kafka.transactionalProducer(id);
    await assert.rejects(third.sendPositions(groupId, position(9)), { fault: 'fenced' });
    await Promise.all([third.discard(), fourth.discard()]);

    assert.deepEqual(await valuesOf(kafka, topic), ['of the first', 'of the second']);
    const admin = kafka.admin();
    assert.equal((await admin.committed(groupId, [topic])).get(topic)?.size ?? 0, 0);
    await admin.close();
  });

  for (const where of ['request', 'reply'] as const) {
    test(`a commit whose ${where} was lost is whole or nothing, and does the next owner no harm`, async () => {
      await using proxy = await proxyOfKafka(brokers);
      const [kafka, behind] = [await openClient(client, brokers), await openClient(client, brokerOf(proxy))];
      const topic = await freshTopic(kafka);
      const id = `${topic}-owner`;
      const first = await behind.transactionalProducer(id);
      await first.send(texts(topic, 0, ['first', 'first']));
      proxy.cut('EndTxn', where);
      const outcome = await first.commit().then(
        () => 'confirmed',
        (error: { fault?: string }) => error.fault,
      );
      assert.ok(proxy.isThrough());
      await first.discard();
      const second = await kafka.transactionalProducer(id);
      await second.send(texts(topic, 0, ['second']));
      await second.commit();
      await second.discard();
      await transactionsEnded(kafka, topic);
      const values = await valuesOf(kafka, topic);
      assert.equal(values.pop(), 'second');
      assert.ok(outcome === 'confirmed' || outcome === 'transient', outcome);
      assert.ok(values.length === 2 || (values.length === 0 && outcome !== 'confirmed'), values.join());
    });
  }

  test('a commit that arrives late ends neither its own transaction nor that of the next owner', async () => {
    await using proxy = await proxyOfKafka(brokers);
    const [kafka, behind] = [await openClient(client, brokers), await openClient(client, brokerOf(proxy))];
    const topic = await freshTopic(kafka);
    const id = `${topic}-owner`;
    const first = await behind.transactionalProducer(id);
    await first.send(texts(topic, 0, ['of the first']));
    proxy.cut('EndTxn', 'late');
    const committing = first.commit().catch(() => {});
    await eventually('its connection is cut', () => proxy.isThrough());
    const second = await kafka.transactionalProducer(id);
    await second.send(texts(topic, 0, ['of the second']));
    await committing;
    await first.discard();
    await eventually('the late one has come', () => proxy.lateAreThrough());
    assert.deepEqual(await valuesOf(kafka, topic), []);
    await second.commit();
    await second.discard();
    await transactionsEnded(kafka, topic);
    assert.deepEqual(await valuesOf(kafka, topic), ['of the second']);
  });

  for (const where of ['request', 'reply', 'late'] as const) {
    test(`records whose connection is cut before the ${where} stand once when the send has been confirmed`, async () => {
      await using proxy = await proxyOfKafka(brokers);
      const [kafka, behind] = [await openClient(client, brokers), await openClient(client, brokerOf(proxy))];
      const topic = await freshTopic(kafka);
      const producer = await behind.idempotentProducer();
      await producer.send(texts(topic, 0, ['one']));
      proxy.cut('Produce', where);
      await producer.send(texts(topic, 0, ['two']));
      await eventually('what is late has come', () => proxy.isThrough() && proxy.lateAreThrough());
      await producer.send(texts(topic, 0, ['three']));
      await producer.close();
      assert.deepEqual(await valuesOf(kafka, topic), ['one', 'two', 'three']);
    });
  }

  test('a batch above what the topic takes is refused as fatal, whole, and another producer goes on', async () => {
    const kafka = await openClient(client, brokers);
    const topic = await freshTopic(kafka, { config: { 'max.message.bytes': '2000' } });
    const large = 'x'.repeat(3_000);
    const refused = await kafka.idempotentProducer();
    await refused.send(texts(topic, 0, ['before']));
    await assert.rejects(refused.send(texts(topic, 0, ['small', large])), { name: 'KafkaError', fault: 'fatal' });
    await refused.close();
    const transactional = await kafka.transactionalProducer(`${topic}-writer`);
    await transactional.send(texts(topic, 0, ['not to be seen']));
    await assert.rejects(transactional.send(texts(topic, 0, [large])), { fault: 'fatal' });
    await transactional.discard();
    const other = await kafka.idempotentProducer();
    await other.send(texts(topic, 0, ['behind']));
    await other.close();
    assert.deepEqual(await valuesOf(kafka, topic), ['before', 'behind']);
  });
}
