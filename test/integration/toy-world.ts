import { after } from 'node:test';
import { applyTopics } from '../../runtime/kafka/apply-topics.ts';
import type { PreparedCodec } from '../../runtime/kafka/codec.ts';
import { createKafka, type KafkaSettings } from '../../runtime/kafka/create-kafka.ts';
import { createPublisher } from '../../runtime/kafka/publisher.ts';
import { readTopic } from '../../runtime/kafka/read-topic.ts';
import { createRegistryCodec } from '../../runtime/kafka/registry-codec.ts';
import { type ProcessorHost, runProcessor } from '../../runtime/kafka/run-processor.ts';
import { type KafkaSecurity, NO_SECURITY } from '../../runtime/kafka/security.ts';
import { createLogger } from '../../runtime/logger.ts';
import { type Processor, Undecodable } from '../../runtime/task.ts';
import type { Topic } from '../../schemas/topics.ts';
import { transactionsEnded } from './committed-values.ts';
import { freshPrefix } from './stack.ts';
import { type Change, type Item, items, sums, toyTopics } from './toy.ts';

const { TEST_LOG_LEVEL = 'silent' } = process.env;

/** Topics of the test's own, and members of a processor on them. */
export async function toyWorld(
  stack: { kafkaBrokers: string; schemaRegistryUrl: string },
  options: {
    partitions?: number;
    topics?: readonly Topic<never>[];
    client?: KafkaSettings['client'];
    security?: KafkaSecurity;
    prefix?: string;
  } = {},
) {
  const { partitions = 4, topics = toyTopics, client = 'kafkajs', security = NO_SECURITY } = options;
  const { prefix = freshPrefix() } = options;
  const logger = createLogger(TEST_LOG_LEVEL as 'silent');
  const brokers = stack.kafkaBrokers.split(',');
  const settings = {
    kafkaBrokers: brokers,
    kafkaClient: client,
    schemaRegistryUrl: stack.schemaRegistryUrl,
    topicPrefix: prefix,
    topicPartitions: partitions,
    replicationFactor: -1,
  };
  const kafka = await createKafka({ brokers, client, security, logger });
  await applyTopics(settings, { dryRun: false, kafka, logger, topics });
  const newCodec = (): Promise<PreparedCodec> =>
    createRegistryCodec({ registryUrl: stack.schemaRegistryUrl, prefix, topics, logger });
  const codec = await newCodec();
  const publisher = createPublisher({ kafka, codec, prefix, logger });
  const admin = kafka.admin();
  const running = new Set<{ stop: AbortController; done: Promise<void> }>();
  after(async () => {
    for (const member of running) member.stop.abort();
    await Promise.allSettled([...running].map(({ done }) => done));
    await publisher.close();
    await admin.close();
  });

  /** Runs a member until it is stopped. */
  const start = <Config, Out>(
    processor: Processor<Config, Out>,
    config: Config,
    overrides: Partial<ProcessorHost<Out>> = {},
  ) => {
    const stop = new AbortController();
    const host = {
      kafka,
      prefix,
      codec,
      commitIntervalMs: 50,
      logger,
      signal: stop.signal,
      sessionTimeoutMs: 6_000,
      ...overrides,
    };
    const done = runProcessor(processor, config, host);
    const member = { stop, done };
    running.add(member);
    return {
      done,
      stop: async () => {
        stop.abort();
        running.delete(member);
        await done;
      },
    };
  };

  /** How far each partition of the topic is committed for the group, and where it ends. */
  const lag = async (processor: string, topic: Topic<never>): Promise<number> => {
    const extents = await admin.extents(prefix + topic.name);
    const committed = (await admin.committed(prefix + processor, [prefix + topic.name])).get(prefix + topic.name);
    return [...extents].reduce((sum, [partition, { low, end }]) => {
      return sum + end - Math.max(committed?.get(partition)?.offset ?? low, low);
    }, 0);
  };

  const read = async <T>(topic: Topic<T>): Promise<T[]> => {
    await transactionsEnded(kafka, prefix + topic.name);
    const values: T[] = [];
    const buffers: Buffer[] = [];
    await readTopic(kafka, prefix + topic.name, ({ value }) => void (value !== null && buffers.push(value)));
    await codec.prepare(buffers);
    for (const buffer of buffers) {
      const value = codec.decode(topic, buffer);
      if (!(value instanceof Undecodable)) values.push(value);
    }
    return values;
  };

  return {
    prefix,
    brokers,
    logger,
    kafka,
    admin,
    codec,
    newCodec,
    publisher,
    settings,
    start,
    read,
    lag,
    startSums: (overrides: Partial<ProcessorHost> = {}) => start(sums, null, overrides),
    sumsLag: () => lag(sums.name, items),
    send: (values: readonly Item[]) => publisher.publish(items, values),
  };
}

/** What all changes add up to, per key, and what the last change of each key says it has come to. */
export function totalsOf(written: readonly Change[]): { added: Map<number, number>; sums: Map<number, number> } {
  const added = new Map<number, number>();
  const last = new Map<number, number>();
  for (const change of written) {
    added.set(change.key, (added.get(change.key) ?? 0) + change.added);
    last.set(change.key, change.sum);
  }
  return { added: sorted(added), sums: sorted(last) };
}

export function expectedTotals(values: readonly Item[]): Map<number, number> {
  const totals = new Map<number, number>();
  for (const { key, amount } of values) totals.set(key, (totals.get(key) ?? 0) + amount);
  return sorted(totals);
}

function sorted(totals: Map<number, number>): Map<number, number> {
  return new Map([...totals].toSorted(([a], [b]) => a - b));
}
