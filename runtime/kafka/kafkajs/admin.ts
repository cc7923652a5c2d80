import kafkajs, { type Admin } from 'kafkajs';
import type { Committed } from '../../task.ts';
import type { ConfigValue, Extent, KafkaAdmin, NewTopic } from '../client.ts';
import { KafkaError } from '../errors.ts';
import { patiently } from '../patiently.ts';
import { asked } from './errors.ts';

export class KafkajsAdmin implements KafkaAdmin {
  readonly #admin: Admin;
  #connected: Promise<void> | null = null;
  /** The latest question about a topic; the next one waits for it. */
  #latest: Promise<unknown> = Promise.resolve();

  constructor(admin: Admin) {
    this.#admin = admin;
  }

  async reach(): Promise<void> {
    await this.#ask((admin) => admin.describeCluster());
  }

  async topics(): Promise<ReadonlyMap<string, number>> {
    const { topics } = await this.#ask((admin) => admin.fetchTopicMetadata());
    return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
  }

  async createTopics(topics: readonly NewTopic[]): Promise<void> {
    const configs = topics.map(({ topic, partitions, replicationFactor, config }) => {
      return { topic, numPartitions: partitions, replicationFactor, configEntries: entriesOf(config) };
    });
    // It is not told whose topics were there before: those of somebody who was faster are as good.
    await this.#ask((admin) => admin.createTopics({ topics: configs, waitForLeaders: true }));
    // Nor is then waited for the others. An answer without a leader is an error, after which it is asked again.
    await this.#ask((admin) => admin.fetchTopicMetadata({ topics: topics.map(({ topic }) => topic) }));
  }

  async deleteTopics(topics: readonly string[]): Promise<void> {
    if (topics.length === 0) return;
    await this.#ask((admin) => admin.deleteTopics({ topics: [...topics] }));
  }

  async topicConfig(topic: string): Promise<ReadonlyMap<string, ConfigValue>> {
    const { resources } = await this.#ask((admin) =>
      admin.describeConfigs({ includeSynonyms: false, resources: [{ type: TOPIC, name: topic }] }),
    );
    return new Map(
      resources[0]?.configEntries.map((entry) => {
        const { configSource } = entry as { configSource?: number };
        return [entry.configName, { value: entry.configValue, isOfTopic: configSource === SET_ON_THE_TOPIC }];
      }),
    );
  }

  async replaceTopicConfig(topic: string, config: Readonly<Record<string, string>>): Promise<void> {
    const resources = [{ type: TOPIC, name: topic, configEntries: entriesOf(config) }];
    await this.#ask((admin) => admin.alterConfigs({ validateOnly: false, resources }));
  }

  async extents(topic: string): Promise<ReadonlyMap<number, Extent>> {
    const offsets = await this.#ofAllPartitions(topic, (admin) => admin.fetchTopicOffsets(topic));
    return new Map(offsets.map(({ partition, low, high }) => [partition, { low: Number(low), end: Number(high) }]));
  }

  async highWatermarks(topic: string): Promise<ReadonlyMap<number, number>> {
    const offsets = await this.#ofAllPartitions(topic, (admin) =>
      admin.fetchTopicOffsets(topic, { readUncommitted: true }),
    );
    return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]));
  }

  async positionsAt(topic: string, timestampMs: number): Promise<ReadonlyMap<number, number>> {
    const offsets = await this.#ofAllPartitions(topic, (admin) =>
      admin.fetchTopicOffsetsByTimestamp(topic, timestampMs),
    );
    return new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]));
  }

  async committed(
    groupId: string,
    topics: readonly string[],
  ): Promise<ReadonlyMap<string, ReadonlyMap<number, Committed>>> {
    // Asked by topic, kafkajs would ask for the partitions that it knows of: none of a topic that a broker, just back, did
    // not know a moment ago. What is missing then would look as if it had never been committed.
    const offsets = await this.#ask((admin) => admin.fetchOffsets({ groupId }));
    const wanted = offsets.filter(({ topic }) => topics.includes(topic));
    return new Map(
      wanted.map(({ topic, partitions }) => {
        // The broker answers -1 where nothing was ever committed.
        const committed = partitions.filter(({ offset }) => Number(offset) >= 0);
        const byPartition = committed.map(({ partition, offset, metadata }) => {
          return [partition, { offset: Number(offset), metadata: metadata ?? '' }] as const;
        });
        return [topic, new Map(byPartition)];
      }),
    );
  }

  async groups(): Promise<readonly string[]> {
    const { groups } = await this.#ask((admin) => admin.listGroups());
    return groups.map(({ groupId }) => groupId);
  }

  async deleteGroups(groupIds: readonly string[]): Promise<void> {
    if (groupIds.length === 0) return;
    await this.#ask((admin) => admin.deleteGroups([...groupIds]));
  }

  async close(): Promise<void> {
    await this.#connected?.catch(() => {});
    await this.#admin.disconnect().catch(() => {});
  }

  /** One topic after the other: kafkajs, asked about several at once, forgets one for the sake of another. */
  #ofAllPartitions<T>(topic: string, question: (admin: Admin) => Promise<readonly T[]>): Promise<readonly T[]> {
    const asking = this.#latest.then(() =>
      this.#ask(async (admin) => {
        const answers = await question(admin);
        if (answers.length > 0) return answers;
        throw new KafkaError('transient', `Kafka tells of no partition of ${topic}.`);
      }),
    );
    this.#latest = asking.catch(() => {});
    return asking;
  }

  #ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    return patiently(isPassingAnswer, () =>
      asked(async () => {
        this.#connected ??= this.#admin.connect().catch((error: unknown) => {
          this.#connected = null;
          throw error;
        });
        await this.#connected;
        return question(this.#admin);
      }),
    );
  }
}

/**
 * kafkajs gives some questions up at once: when a leader is being elected, or when it does not know the topic at the moment.
 * Connections it has tried by itself.
 */
function isPassingAnswer({ fault, protocolCode, cause }: KafkaError): boolean {
  return fault === 'transient' && (protocolCode !== null || isUnknownYet(cause));
}

function isUnknownYet(cause: unknown): boolean {
  return cause instanceof Error && (UNKNOWN_YET.has(cause.name) || isUnknownYet(cause.cause));
}

const UNKNOWN_YET = new Set(['KafkaJSMetadataNotLoaded', 'KafkaJSTopicMetadataNotLoaded']);

function entriesOf(config: Readonly<Record<string, string>>): { name: string; value: string }[] {
  return Object.entries(config).map(([name, value]) => ({ name, value }));
}

const TOPIC = kafkajs.ConfigResourceTypes.TOPIC;

/** `DYNAMIC_TOPIC_CONFIG`, see org.apache.kafka.clients.admin.ConfigEntry.ConfigSource. */
const SET_ON_THE_TOPIC = 1;
