import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { Client } from 'pg';
import { transactionsEnded, valuesOf } from '../../integration/committed-values.ts';
import { freshTopic, openClient } from '../../integration/kafka-client/client-world.ts';
import { eventually, freshDatabase, testStack } from '../../integration/stack.ts';
import { brokerOf, proxyOfKafka, proxyOfPostgres } from './open-proxy.ts';

const stack = await testStack();
const kafka = await openClient('kafkajs', stack.kafkaBrokers);

describe('before Kafka', () => {
  test('clients do all they do through the proxy, though brokers tell them their own addresses', async () => {
    const { proxy, producer, topic } = await producerBehindProxy();
    await known(producer, topic);
    assert.ok(proxy.passed('Produce') > 0);
    await proxy.goAway();
    await assert.rejects(producer.send({ topic, messages: [{ value: 'b' }] }));
  });

  for (const [where, written] of [
    ['request', ['first']],
    ['reply', ['first', 'cut']],
  ] as const) {
    test(`a cut before the ${where} of Produce: ${written.length === 2 ? 'the broker has it' : 'the broker never gets it'}`, async () => {
      const { proxy, producer, topic } = await producerBehindProxy();
      await known(producer, topic);
      proxy.cut('Produce', where);
      await assert.rejects(producer.send({ topic, messages: [{ value: 'cut' }] }));
      assert.deepEqual([proxy.cuts, proxy.isThrough()], [1, true]);
      assert.deepEqual(await valuesOf(kafka, topic), written);
    });
  }

  test('a late Produce: the broker has it after all, when the client has long given it up', async () => {
    const { proxy, producer, topic } = await producerBehindProxy();
    await known(producer, topic);
    proxy.cut('Produce', 'late');
    await assert.rejects(producer.send({ topic, messages: [{ value: 'late' }] }));
    assert.deepEqual(await valuesOf(kafka, topic), ['first']);
    await eventually('it is there', async () => (await valuesOf(kafka, topic)).includes('late'));
  });

  test('a late EndTxn finds that another producer of the same name has ended the transaction', async () => {
    const { proxy, producer, topic } = await producerBehindProxy('tx-late');
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: 'aborted' }] });
    proxy.cut('EndTxn', 'late');
    await assert.rejects(transaction.commit());
    const { producer: heir } = await producerBehindProxy('tx-late', topic);
    const next = await heir.transaction();
    await next.send({ topic, messages: [{ value: 'of the heir' }] });
    await eventually('the late one has come', () => proxy.passed('EndTxn') === 1);
    assert.deepEqual(await valuesOf(kafka, topic), [], 'it ends neither its own transaction nor the next one');
    await next.commit();
    await transactionsEnded(kafka, topic);
    assert.deepEqual(await valuesOf(kafka, topic), ['of the heir']);
  });

  for (const [step, where, outcome] of [
    ['AddOffsetsToTxn', 'request', 'aborted'],
    ['TxnOffsetCommit', 'reply', 'aborted'],
    ['EndTxn', 'request', 'aborted'],
    ['EndTxn', 'reply', 'committed'],
  ] as const) {
    test(`a cut before the ${where} of ${step} leaves a transaction that is ${outcome}`, async () => {
      const { proxy, producer, topic, groupId } = await producerBehindProxy(`tx-${step}-${where}`);
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value: 'in it' }] });
      proxy.cut(step, where);
      const offsets = [{ topic, partitions: [{ partition: 0, offset: '1' }] }];
      await assert.rejects(async () => {
        await transaction.sendOffsets({ consumerGroupId: groupId, topics: offsets });
        await transaction.commit();
      });
      assert.equal(proxy.cuts, 1);
      // Another producer of the same name ends what is still open.
      const { producer: heir } = await producerBehindProxy(`tx-${step}-${where}`, topic);
      await (await heir.transaction()).abort();
      await transactionsEnded(kafka, topic);
      assert.deepEqual(await valuesOf(kafka, topic), outcome === 'committed' ? ['in it'] : []);
    });
  }
});

describe('before Postgres', () => {
  for (const [where, kept] of [
    ['request', 0],
    ['reply', 1],
    ['late', 1],
  ] as const) {
    test(`a cut before the ${where} of COMMIT: ${kept} rows are there`, async () => {
      const { proxy, client, look } = await clientBehindProxy();
      await client.query('BEGIN');
      await client.query('INSERT INTO t VALUES ($1)', [1]);
      proxy.cut('COMMIT', where);
      await assert.rejects(client.query('COMMIT'));
      assert.equal(proxy.cuts, 1);
      await eventually(
        'the server has done with the connection',
        async () =>
          (
            await look(
              `SELECT pid FROM pg_stat_activity
               WHERE datname = current_database() AND backend_type = $1 AND pid <> pg_backend_pid()`,
              ['client backend'],
            )
          ).length === 0,
      );
      assert.equal((await look('SELECT * FROM t')).length, kept);
    });
  }

  test('statements are known by their names, or else by their first words', async () => {
    const { proxy, client } = await clientBehindProxy();
    await client.query({ name: 'put_one', text: 'INSERT INTO t VALUES ($1)', values: [1] });
    await client.query({ name: 'put_one', text: 'INSERT INTO t VALUES ($1)', values: [2] });
    await client.query('INSERT INTO t(n) VALUES ($1)', [3]);
    assert.deepEqual(
      ['put_one', 'INSERT INTO'].map((step) => proxy.passed(step) > 0),
      [true, true],
    );
    proxy.cut('put_one', 'request');
    await assert.rejects(client.query({ name: 'put_one', text: 'INSERT INTO t VALUES ($1)', values: [4] }));
  });

  test('slows down, stalls, and goes on', async () => {
    const { proxy, client } = await clientBehindProxy();
    proxy.slow({ latencyMs: 30, bytesPerSecond: 1_000_000 });
    const begun = performance.now();
    await client.query('SELECT 1');
    assert.ok(performance.now() - begun >= 60, 'a message each way, 30 ms late');
    proxy.slow(null);
    proxy.stall();
    const answer = client.query('SELECT 2').then(() => 'answered');
    const pause = new Promise((resolve) => setTimeout(resolve, 100, 'silent'));
    assert.equal(await Promise.race([answer, pause]), 'silent');
    proxy.goOn();
    assert.equal(await answer, 'answered');
  });

  test('goes away and comes back under the same address', async () => {
    const { proxy, client, databaseUrl } = await clientBehindProxy();
    const ended = new Promise((resolve) => client.once('end', resolve));
    await proxy.goAway();
    await ended;
    await assert.rejects(connected(databaseUrl), { code: 'ECONNREFUSED' });
    await proxy.comeBack();
    await (await connected(databaseUrl)).query('SELECT 1');
  });
});

async function producerBehindProxy(transactionalId?: string, existing?: string) {
  const proxy = await proxyOfKafka(stack.kafkaBrokers);
  after(() => proxy.goAway());
  // A transactional one has to wait until its coordinator has loaded.
  const retry = transactionalId === undefined ? { retries: 0 } : { retries: 8, initialRetryTime: 20 };
  const client = new Kafka({ brokers: [brokerOf(proxy)], retry, logLevel: logLevel.NOTHING });
  const topic = existing ?? (await freshTopic(kafka));
  const producer = client.producer(
    transactionalId === undefined ? {} : { transactionalId: `${transactionalId}-${topic}`, maxInFlightRequests: 1 },
  );
  await producer.connect();
  after(() => producer.disconnect().catch(() => {}));
  return { proxy, producer, topic, groupId: `${topic}-group` };
}

/** A broker takes a moment to know a new topic, and this producer tries nothing again. */
async function known(producer: Producer, topic: string): Promise<void> {
  await eventually('the topic to be known', () => producer.send({ topic, messages: [{ value: 'first' }] }));
}

async function clientBehindProxy() {
  const direct = await freshDatabase();
  const watcher = await connected(direct);
  await watcher.query('CREATE TABLE t (n integer)');
  const { proxy, databaseUrl } = await proxyOfPostgres(direct);
  after(() => proxy.goAway());
  const client = await connected(databaseUrl);
  const look = async (sql: string, values: unknown[] = []) => (await watcher.query(sql, values)).rows;
  return { proxy, client, look, databaseUrl };
}

/** An error outside a query also fails the next one; unheard it would end the process. */
async function connected(databaseUrl: string): Promise<Client> {
  const client = new Client({ connectionString: databaseUrl });
  client.on('error', () => {});
  await client.connect();
  after(() => client.end().catch(() => {}));
  return client;
}
