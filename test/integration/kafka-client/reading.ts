import assert from 'node:assert/strict';
import { test } from 'node:test';
import kafkajs from 'kafkajs';
import { transactionsEnded } from '../committed-values.ts';
import { deleteRecords, rawKafka } from '../raw-kafka.ts';
import { eventually } from '../stack.ts';
import { type Client, Collector, freshTopic, openClient, texts } from './client-world.ts';

const MIB = 1024 * 1024;

/** What a reader of committed records relies on. */
export function keepsPromisesOfReading(client: Client, brokers: string): void {
  test('every record comes once, in the order of its partition', async () => {
    const kafka = await openClient(client, brokers);
    const topic = await freshTopic(kafka, { partitions: 3 });
    const producer = await kafka.idempotentProducer();
    const sent = Array.from({ length: 3 }, (): string[] => []);
    for (let round = 0; round < 20; round++) {
      const records = Array.from({ length: 150 }, (_, index) => {
        sent[index % 3]?.push(`${round} ${index}`);
        return { key: null, value: Buffer.from(`${round} ${index}`), route: index % 3 };
      });
      await producer.send([{ topic, records }]);
    }
    await producer.close();
    const reader = await new Collector(kafka, [topic]).joined();
    reader.point({ [`${topic}/0`]: 0, [`${topic}/1`]: 0, [`${topic}/2`]: 0 });
    for (const partition of [0, 1, 2]) {
      await reader.reaches(`${topic}/${partition}`, 1_000);
      assert.deepEqual(reader.valuesOf(`${topic}/${partition}`), sent[partition]);
      const offsets = reader.seen.get(`${topic}/${partition}`)?.map(({ offset }) => offset);
      assert.deepEqual(offsets, [...Array(1_000).keys()]);
    }
    await reader.close();
  });

  test('what was aborted never comes, however transactions interleave, and positions move past it and past markers', async () => {
    const kafka = await openClient(client, brokers);
    const topic = await freshTopic(kafka);
    const open = async (id: string) => {
      const producer = await kafka.transactionalProducer(`${topic}-${id}`);
      return { producer, write: (text: string) => producer.send(texts(topic, 0, [text])) };
    };
    const [long, short, good] = [await open('long'), await open('short'), await open('good')];
    await long.write('aborted');
    await short.write('aborted');
    await good.write('one');
    await long.write('aborted');
    await short.producer.abort();
    await short.write('aborted as well');
    await good.producer.commit();
    await good.write('two');
    await short.producer.abort();
    await short.write('three');
    await short.producer.commit();
    await long.write('aborted');
    await good.producer.commit();
    await long.producer.abort();
    await long.write('four');
    await long.producer.commit();
    await short.write('aborted at the end');
    await short.producer.abort();
    for (const { producer } of [long, short, good]) await producer.discard();

    await transactionsEnded(kafka, topic);
    const place = `${topic}/0`;
    const admin = kafka.admin();
    const end = (await admin.extents(topic)).get(0)?.end ?? 0;
    await admin.close();
    const reader = await new Collector(kafka, [topic]).joined();
    for (let from = 0; from < end; from++) {
      reader.seen.clear();
      reader.point({ [place]: from });
      await reader.reaches(place, end);
      const committed = [
        { value: 'one', offset: 2 },
        { value: 'two', offset: 7 },
        { value: 'three', offset: 9 },
        { value: 'four', offset: 14 },
      ];
      const values = committed.filter(({ offset }) => offset >= from).map(({ value }) => value);
      assert.deepEqual(reader.valuesOf(place), values, `from ${from}`);
    }
    await reader.close();
  });

  test('what is not committed is not seen, nor what lies behind it', async () => {
    const kafka = await openClient(client, brokers);
    const topic = await freshTopic(kafka);
    const open = await kafka.transactionalProducer(`${topic}-open`);
    const other = await kafka.idempotentProducer();
    await other.send(texts(topic, 0, ['before']));
    await open.send(texts(topic, 0, ['open']));
    await other.send(texts(topic, 0, ['behind']));
    const admin = kafka.admin();
    assert.deepEqual((await admin.extents(topic)).get(0), { low: 0, end: 1 }, 'the end is that of what is committed');
    assert.deepEqual((await admin.highWatermarks(topic)).get(0), 3);
    const reader = await new Collector(kafka, [topic]).joined();
    reader.point({ [`${topic}/0`]: 0 });
    await reader.reaches(`${topic}/0`, 1);
    assert.deepEqual(reader.valuesOf(`${topic}/0`), ['before']);
    await open.commit();
    await reader.reaches(`${topic}/0`, 4);
    assert.deepEqual(reader.valuesOf(`${topic}/0`), ['before', 'open', 'behind']);
    await Promise.all([reader.close(), open.discard(), other.close(), admin.close()]);
  });

  test('reads from where it is pointed to, and nothing else; nothing is skipped when that changes', async () => {
    const kafka = await openClient(client, brokers);
    const topic = await freshTopic(kafka, { partitions: 2 });
    const producer = await kafka.idempotentProducer();
    const numbers = [...Array(500).keys()].map(String);
    await producer.send([...texts(topic, 0, numbers), ...texts(topic, 1, numbers)]);
    const [a, b] = [`${topic}/0`, `${topic}/1`];
    const reader = await new Collector(kafka, [topic]).joined();
    reader.point({ [a]: 490 });
    await reader.reaches(a, 500);
    assert.deepEqual(reader.valuesOf(a), numbers.slice(490));
    assert.deepEqual(reader.valuesOf(b), [], 'what is not wanted does not come');

    reader.point({ [b]: 123 });
    await producer.send([...texts(topic, 0, ['more']), ...texts(topic, 1, ['more'])]);
    await reader.reaches(b, 501);
    assert.deepEqual(reader.valuesOf(b), [...numbers.slice(123), 'more']);
    assert.equal(reader.reached.get(a), 500, 'what is no longer wanted does not come');

    reader.seen.clear();
    reader.point({ [a]: 500, [b]: 501 });
    reader.reached.set(b, 400);
    reader.member.seek(topic, 1, 400);
    await reader.reaches(a, 501);
    await reader.reaches(b, 501);
    assert.deepEqual(reader.valuesOf(a), ['more']);
    assert.deepEqual(reader.valuesOf(b), [...numbers.slice(400), 'more']);
    await Promise.all([reader.close(), producer.close()]);
  });

  test('the next delivery waits for the one before, and the member stays in its group meanwhile', async () => {
    const kafka = await openClient(client, brokers);
    const topic = await freshTopic(kafka);
    const producer = await kafka.idempotentProducer();
    await producer.send(texts(topic, 0, ['one']));
    const { promise, resolve } = Promise.withResolvers<void>();
    const reader = await new Collector(kafka, [topic], { sessionTimeoutMs: 3_000 }).joined();
    reader.holding = promise;
    reader.point({ [`${topic}/0`]: 0 });
    await reader.reaches(`${topic}/0`, 1);
    await producer.send(texts(topic, 0, ['two']));
    const heldMs = performance.now();
    await eventually('two sessions are over', () => performance.now() > heldMs + 6_000);
    assert.deepEqual(reader.valuesOf(`${topic}/0`), ['one']);
    resolve();
    reader.holding = undefined;
    await reader.reaches(`${topic}/0`, 2);
    assert.equal(reader.joins.length, 1, 'it was never put out of the group');
    await Promise.all([reader.close(), producer.close()]);
  });

  test('keys, nulls, headers, timestamps and records larger than a fetch come as they were written', async () => {
    const kafka = await openClient(client, brokers);
    const topic = await freshTopic(kafka, { config: { 'max.message.bytes': String(5 * MIB) } });
    const large = 'x'.repeat(4 * MIB);
    const headers = [
      { name: 'a', value: Buffer.from('1') },
      { name: 'a', value: Buffer.from('2') },
      { name: 'ü', value: Buffer.alloc(0) },
    ];
    const beforeMs = Date.now();
    const producer = await kafka.idempotentProducer();
    await producer.send([
      {
        topic,
        records: [
          { key: 'ключ', value: Buffer.from('value'), route: 0 },
          { key: Buffer.from('bytes'), value: null, route: 0 },
          { key: null, value: Buffer.alloc(0), route: 0, headers },
        ],
      },
    ]);
    await producer.send(texts(topic, 0, [large]));
    await producer.close();
    const raw = rawKafka(brokers).producer();
    await raw.connect();
    const stamped = (timestampMs: number, value: string) => ({ value, timestamp: String(timestampMs) });
    await raw.send({ topic, messages: [stamped(1_000, 'old'), stamped(beforeMs - 7, 'late')] });
    const compression = kafkajs.CompressionTypes.GZIP;
    await raw.send({ topic, compression, messages: [stamped(2_000, 'packed'), stamped(3_000, 'packed too')] });
    await raw.disconnect();

    const reader = await new Collector(kafka, [topic]).joined();
    reader.point({ [`${topic}/0`]: 0 });
    await reader.reaches(`${topic}/0`, 8);
    const seen = reader.seen.get(`${topic}/0`) ?? [];
    const written = seen.map(({ key, value }) => [key, value]);
    const expected = [
      ['ключ', 'value'],
      ['bytes', null],
      [null, ''],
      [null, large],
      ...['old', 'late', 'packed', 'packed too'].map((value) => [null, value]),
    ];
    assert.deepEqual(written, expected);
    assert.deepEqual(seen[2]?.headers, headers);
    assert.deepEqual(seen[0]?.headers, []);
    assert.deepEqual(
      seen.slice(4).map(({ timestampMs }) => timestampMs),
      [1_000, beforeMs - 7, 2_000, 3_000],
    );
    assert.ok(seen.slice(0, 4).every(({ timestampMs }) => timestampMs >= beforeMs && timestampMs <= Date.now()));
    await reader.close();
  });

  test('a position that is no longer in the log, or not yet, is an error that says so', async () => {
    const kafka = await openClient(client, brokers);
    const topic = await freshTopic(kafka);
    const producer = await kafka.idempotentProducer();
    await producer.send(texts(topic, 0, ['one', 'two', 'three']));
    await producer.close();
    await deleteRecords(brokers, topic, '2');
    for (const position of [0, 100]) {
      const reader = await new Collector(kafka, [topic]).joined();
      reader.point({ [`${topic}/0`]: position });
      await eventually('it fails', () => reader.failure !== null);
      assert.equal((reader.failure as { fault?: unknown }).fault, 'position');
      await reader.close();
    }
  });
}
