import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import kafkajs from 'kafkajs';
import { applyTopics } from '../../runtime/kafka/apply-topics.ts';
import type { KafkaClient } from '../../runtime/kafka/client.ts';
import { createKafka } from '../../runtime/kafka/create-kafka.ts';
import { createPublisher } from '../../runtime/kafka/publisher.ts';
import { createRegistryCodec } from '../../runtime/kafka/registry-codec.ts';
import { createLogger } from '../../runtime/logger.ts';
import { Undecodable } from '../../runtime/task.ts';
import type { Call } from '../../schemas/call.ts';
import type { Day } from '../../schemas/scalars.ts';
import { calls, type Topic, topics, usageTotals } from '../../schemas/topics.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';
import { askBroker, rawKafka } from './raw-kafka.ts';
import { eventually, freshPrefix, testStack } from './stack.ts';
import { type Item, items } from './toy.ts';
import { toyWorld } from './toy-world.ts';

const logger = createLogger('silent');

suite('topics, schemas and what is published', { timeout: 200_000 }, () => {
  let stack: Awaited<ReturnType<typeof testStack>>;
  let kafka: KafkaClient;
  before(async () => {
    stack = await testStack();
    kafka = await createKafka({ brokers: stack.kafkaBrokers.split(','), client: 'kafkajs', logger });
  });
  const settingsOf = (topicPrefix: string) => ({
    kafkaBrokers: stack.kafkaBrokers.split(','),
    schemaRegistryUrl: stack.schemaRegistryUrl,
    topicPrefix,
    topicPartitions: 3,
    replicationFactor: -1,
  });
  const actions = (applied: Awaited<ReturnType<typeof applyTopics>>) => applied.map(({ action }) => action);
  const all = (action: string) => topics.map(() => action);

  test('a dry run changes nothing, a run creates everything, another one changes nothing', async () => {
    const settings = settingsOf(freshPrefix());
    assert.deepEqual(actions(await applyTopics(settings, { dryRun: true, kafka, logger })), all('created'));
    assert.deepEqual(actions(await applyTopics(settings, { dryRun: true, kafka, logger })), all('created'));
    assert.deepEqual(actions(await applyTopics(settings, { dryRun: false, kafka, logger })), all('created'));
    assert.deepEqual(actions(await applyTopics(settings, { dryRun: false, kafka, logger })), all('unchanged'));

    const { topics: found } = await askBroker(stack.kafkaBrokers, (admin) => admin.fetchTopicMetadata());
    for (const topic of topics) {
      const partitions = found.find(({ name }) => name === settings.topicPrefix + topic.name)?.partitions.length;
      assert.equal(partitions, topic.partitioning.by === 'single' ? 1 : 3, topic.name);
    }
  });

  test('two runs at once do each other no harm', async () => {
    const settings = settingsOf(freshPrefix());
    await Promise.all([1, 2, 3].map(() => applyTopics(settings, { dryRun: false, kafka, logger })));
    assert.deepEqual(actions(await applyTopics(settings, { dryRun: false, kafka, logger })), all('unchanged'));
  });

  test('brings back the configuration it declares, and leaves what an operator has set beside it', async () => {
    const settings = settingsOf(freshPrefix());
    await applyTopics(settings, { dryRun: false, kafka, logger });
    const name = settings.topicPrefix + calls.name;
    const admin = rawKafka(stack.kafkaBrokers).admin();
    await admin.connect();
    const type = kafkajs.ConfigResourceTypes.TOPIC;
    const configEntries = [
      { name: 'retention.ms', value: '1000' },
      { name: 'segment.ms', value: '777777' },
    ];
    await admin.alterConfigs({ validateOnly: false, resources: [{ type, name, configEntries }] });
    // A busy broker tells of a change a moment after it has confirmed it.
    await eventually('what is to be brought back is told', async () => {
      const dry = await applyTopics(settings, { dryRun: true, kafka, logger });
      return /retention\.ms=34560000000/.test(dry.find(({ topic }) => topic === name)?.detail ?? '');
    });
    const applied = await applyTopics(settings, { dryRun: false, kafka, logger });
    assert.deepEqual(
      applied.filter(({ action }) => action === 'changed').map(({ topic }) => topic),
      [name],
    );
    const configNames = ['retention.ms', 'segment.ms', 'cleanup.policy'];
    const wanted = { 'retention.ms': '34560000000', 'segment.ms': '777777', 'cleanup.policy': 'delete' };
    await eventually('it is brought back', async () => {
      const resources = [{ type, name, configNames }];
      const described = await admin.describeConfigs({ includeSynonyms: false, resources });
      const entries = described.resources[0]?.configEntries ?? [];
      assert.deepEqual(Object.fromEntries(entries.map((entry) => [entry.configName, entry.configValue])), wanted);
      return true;
    });
    await admin.disconnect();
  });

  test('superseded totals leave the log while new ones come, and the newest of each key stays', async () => {
    const world = await toyWorld(stack, { topics: [usageTotals] });
    // Large ones, so that few fill more than a segment.
    const count = 1_200;
    for (let from = 0; from < count; from += 100) {
      const numbers = Array.from({ length: 100 }, (_, at) => from + at);
      await world.publisher.publish(usageTotals, numbers.map(total));
    }
    const first = await eventually(
      'the first totals are gone',
      async () => {
        const found = await world.admin.positionsAt(world.prefix + usageTotals.name, 1);
        return [...found.values()].find((position) => position > count / 2);
      },
      150_000,
    );
    const read = await world.read(usageTotals);
    assert.ok(read.length < count - first + 10, `${read.length} are left`);
    const newest = new Map(read.map(({ product, through }) => [product, through]));
    assert.deepEqual([...newest.values()].sort(), [count - 3, count - 2, count - 1]);
  });

  test('another number of partitions is an error that says what to do, and nothing is changed', async () => {
    const settings = settingsOf(freshPrefix());
    await applyTopics(settings, { dryRun: false, kafka, logger, topics: [calls] });
    await assert.rejects(applyTopics({ ...settings, topicPartitions: 5 }, { dryRun: false, kafka, logger }), {
      code: 'partitions_differ',
      message: /calls\.v1 has 3 partitions instead of 5/,
      advice: /APPORTION_TOPIC_PARTITIONS/,
    });
    const after = await applyTopics(settings, { dryRun: true, kafka, logger });
    assert.equal(after.filter(({ action }) => action === 'created').length, topics.length - 1);
  });

  test('a public schema that would break its readers is refused, one that does not is registered', async () => {
    const settings = settingsOf(freshPrefix());
    await applyTopics(settings, { dryRun: false, kafka, logger, topics: [calls] });
    const withField = (field: object): Topic<never> => {
      const schema = calls.schema as { fields: object[] };
      return { ...calls, schema: { ...schema, fields: [...schema.fields, field] } };
    };
    await assert.rejects(
      applyTopics(settings, { dryRun: false, kafka, logger, topics: [withField({ name: 'x', type: 'long' })] }),
      { code: 'schema_incompatible' },
    );
    const evolved = withField({ name: 'x', type: 'long', default: 0 });
    const applied = await applyTopics(settings, { dryRun: false, kafka, logger, topics: [evolved] });
    assert.deepEqual(actions(applied), ['changed']);
  });

  test('a codec wants its schemas registered, and reads what an older version wrote', async () => {
    const settings = settingsOf(freshPrefix());
    const options = { registryUrl: stack.schemaRegistryUrl, prefix: settings.topicPrefix, logger };
    await assert.rejects(createRegistryCodec({ ...options, topics: [calls] }), {
      code: 'schema_not_registered',
      advice: /apportion topics apply/,
    });
    await applyTopics(settings, { dryRun: false, kafka, logger, topics: [calls] });
    const old = await createRegistryCodec({ ...options, topics: [calls] });
    const value = old.encode(calls, call(1));
    const schema = calls.schema as { fields: object[] };
    const fields = [...schema.fields, { name: 'codecName', type: 'string', default: 'opus' }];
    const evolved: Topic<Call & { codecName: string }> = { ...calls, schema: { ...schema, fields } };
    await applyTopics(settings, { dryRun: false, kafka, logger, topics: [evolved] });
    const next = await createRegistryCodec({ ...options, topics: [evolved] });
    await next.prepare([value]);
    assert.deepEqual({ ...next.decode(evolved, value) }, { ...call(1), codecName: 'opus' });
    const newer = next.encode(evolved, { ...call(2), codecName: 'g711' });
    await old.prepare([newer]);
    assert.deepEqual({ ...old.decode(calls, newer) }, call(2));
    const unknown = Buffer.from(value);
    unknown.writeUInt32BE(987_654_321, 1);
    await old.prepare([unknown]);
    const decoded = old.decode(calls, unknown);
    assert.ok(decoded instanceof Undecodable && decoded.reason === 'unknown_schema');
  });

  test('publishes huge batches whole, each key where Kafka puts it, and records as large as a topic takes', async () => {
    const world = await toyWorld(stack, { partitions: 3, topics: [items, calls] });
    const many: Item[] = Array.from({ length: 120_000 }, (_, index) => ({ key: index % 1_000, amount: index }));
    await world.send(many);
    const read = await world.read(items);
    assert.equal(read.length, many.length);
    const byKey = (values: readonly Item[]) => Map.groupBy(values, ({ key }) => key);
    const [got, wanted] = [byKey(read), byKey(many)];
    for (const [key, values] of wanted) {
      assert.deepEqual(
        got.get(key)?.map(({ amount }) => amount),
        values.map(({ amount }) => amount),
        `order of ${key}`,
      );
    }
    const large = Array.from({ length: 3 }, (_, index) => ({ ...call(index), namespace: 'n'.repeat(1_000_000) }));
    await world.publisher.publish(calls, large);
    const lengths = (await world.read(calls)).map(({ namespace }) => namespace.length);
    assert.deepEqual(lengths, [1_000_000, 1_000_000, 1_000_000]);
  });

  test('a record above what its topic takes is refused before anything is sent', async () => {
    const world = await toyWorld(stack, { topics: [calls] });
    const publisher = createPublisher({ kafka: world.kafka, codec: world.codec, prefix: world.prefix, logger });
    const tooLarge = { ...call(7), namespace: 'n'.repeat(1024 * 1024) };
    await assert.rejects(publisher.publish(calls, [call(1), tooLarge]), {
      code: 'record_too_large',
      message: /voice\/call-7/,
    });
    await publisher.close();
    assert.deepEqual(await world.read(calls), []);
  });
});

/** Of one day, and of three keys in turns. */
function total(index: number): UsageTotal {
  const place = { day: 20_000 as Day, tenant: 'acme', cluster: '', namespace: 'n'.repeat(30_000) };
  const refused = { identity: '', refusedMeter: '', duplicates: 0, conflicting: 0, late: 0 };
  const counted = { meter: 'call_duration', quantity: BigInt(index), callCount: index, through: index };
  return { ...place, product: String(index % 3), ...counted, topic: 'calls.v1', partition: 0, ...refused };
}

function call(index: number): Call {
  return {
    callId: `call-${index}`,
    tenant: 'acme',
    product: 'asr',
    cluster: '',
    namespace: 'asr-shared',
    startedAt: 1_767_225_600_000 + index,
    endedAt: 1_767_225_660_000 + index,
    source: 'voice',
  };
}
