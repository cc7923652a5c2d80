import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readTopic } from '../../../runtime/kafka/read-topic.ts';
import { brokerOf, proxyOfKafka } from '../../faults/proxy/open-proxy.ts';
import { eventually } from '../stack.ts';
import { type Client, Collector, freshTopic, openClient, texts } from './client-world.ts';

/** What whoever runs for months relies on. */
export function keepsPromisesOfLasting(client: Client, brokers: string): void {
  test('a broker that goes away is told as transient, and when it is back all goes on', async () => {
    await using proxy = await proxyOfKafka(brokers);
    const kafka = await openClient(client, brokerOf(proxy));
    const topic = await freshTopic(kafka);
    const transient = { name: 'KafkaError', fault: 'transient' };
    const admin = kafka.admin();
    await admin.reach();
    const transactional = await kafka.transactionalProducer(`${topic}-writer`);
    await transactional.send(texts(topic, 0, ['lost']));
    const reader = await new Collector(kafka, [topic]).joined();
    reader.point({ [`${topic}/0`]: 0 });
    await proxy.goAway();
    await assert.rejects(transactional.commit(), transient);
    await assert.rejects(admin.extents(topic), transient);
    await eventually('the member fails', () => reader.failure !== null, 60_000);
    assert.equal((reader.failure as { fault?: unknown }).fault, 'transient');
    await Promise.all([transactional.discard(), reader.close()]);

    await proxy.comeBack();
    assert.equal((await admin.extents(topic)).size, 1, 'the same one');
    const next = await kafka.transactionalProducer(`${topic}-writer`);
    await next.send(texts(topic, 0, ['kept']));
    await next.commit();
    const other = new Collector(kafka, [topic], { groupId: reader.groupId, memberId: reader.memberId });
    await other.joined();
    other.point({ [`${topic}/0`]: 0 });
    await eventually('what was committed comes', () => other.valuesOf(`${topic}/0`).length > 0);
    assert.deepEqual(other.valuesOf(`${topic}/0`), ['kept']);
    await Promise.all([next.discard(), other.close(), admin.close()]);
  });

  test('no connection that is cut loses or repeats a record of a reader', async () => {
    await using proxy = await proxyOfKafka(brokers);
    const [kafka, direct] = [await openClient(client, brokerOf(proxy)), await openClient(client, brokers)];
    const topic = await freshTopic(direct);
    const producer = await direct.idempotentProducer();
    const sent: string[] = [];
    const reading: string[] = [];
    for (const where of ['request', 'reply'] as const) {
      sent.push(...[1, 2, 3].map((index) => `${where} ${index}`));
      await producer.send(texts(topic, 0, sent.slice(-3)));
      proxy.cut('Fetch', where);
      reading.length = 0;
      await readTopic(kafka, topic, ({ value }) => void reading.push(String(value)));
      assert.ok(proxy.isThrough());
      assert.deepEqual(reading, sent);
    }
    await producer.close();
  });

  test('where there is nothing to do hardly anything is done', async () => {
    await using proxy = await proxyOfKafka(brokers);
    const kafka = await openClient(client, brokerOf(proxy));
    const topic = await freshTopic(kafka);
    const admin = kafka.admin();
    await admin.reach();
    const producer = await kafka.idempotentProducer();
    const transactional = await kafka.transactionalProducer(topic);
    const member = await new Collector(kafka, [topic], { sessionTimeoutMs: 1_500 }).joined();
    member.point({ [`${topic}/0`]: 0 });
    const from = proxy.passed('Heartbeat');
    const before = { cpu: process.cpuUsage(), ms: performance.now() };
    await eventually('ten heartbeats', () => proxy.passed('Heartbeat') >= from + 10);
    const { user, system } = process.cpuUsage(before.cpu);
    const share = (user + system) / 1_000 / (performance.now() - before.ms);
    assert.ok(share < 0.25, `${Math.round(100 * share)} % of a core, of which the proxy and the looking are a part`);
    await Promise.all([member.close(), producer.close(), transactional.discard(), admin.close()]);
  });

  test('what is closed keeps no process from ending', async () => {
    const script = fileURLToPath(new URL('use-and-close.ts', import.meta.url));
    const child = spawn(process.execPath, [script, client, brokers], { stdio: ['ignore', 'pipe', 'inherit'] });
    const printed: string[] = [];
    child.stdout.on('data', (data: Buffer) => printed.push(data.toString()));
    const [code] = (await once(child, 'exit')) as [number | null];
    assert.equal(code, 0);
    const left = Number(/^closed, (\d+) ms left$/m.exec(printed.join(''))?.[1]);
    assert.ok(left < 1_500, `${left} ms from what was closed last to the end`);
  });
}
