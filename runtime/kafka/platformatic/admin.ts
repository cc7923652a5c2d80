import {
  alterConfigsV2,
  ConfigResourceTypes,
  createTopicsV5,
  deleteGroupsV2,
  deleteTopicsV4,
  describeConfigsV4,
  listGroupsV3,
  listOffsetsV6,
  offsetFetchV7,
} from '@platformatic/kafka';
import type { Committed } from '../../task.ts';
import type { ConfigValue, Extent, KafkaAdmin, NewTopic } from '../client.ts';
import { REQUEST_LIMIT_MS } from '../limits.ts';
import { ask, type Cluster } from './cluster.ts';
import { check } from './errors.ts';

export class PlatformaticAdmin implements KafkaAdmin {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async reach(): Promise<void> {
    await this.#cluster.patiently(() => this.#cluster.nodes());
  }

  topics(): Promise<ReadonlyMap<string, number>> {
    return this.#cluster.patiently(() => this.#cluster.topics());
  }

  async createTopics(topics: readonly NewTopic[]): Promise<void> {
    const requested = topics.map(({ topic, partitions, replicationFactor, config }) => ({
      name: topic,
      numPartitions: partitions,
      replicationFactor,
      assignments: [],
      configs: Object.entries(config).map(([name, value]) => ({ name, value })),
    }));
    await this.#cluster.patiently(async () => {
      const answer = await ask(
        await this.#cluster.controller(),
        createTopicsV5.api,
        requested,
        REQUEST_LIMIT_MS,
        false,
      );
      for (const { errorCode } of answer.topics) if (errorCode !== TOPIC_ALREADY_EXISTS) check(errorCode);
    });
    await this.#cluster.patiently(async () => {
      for (const { topic } of topics) await this.#cluster.leadersOf(topic);
    });
  }

  async deleteTopics(topics: readonly string[]): Promise<void> {
    if (topics.length === 0) return;
    await this.#cluster.patiently(async () => {
      const names = topics.map((name) => ({ name }));
      const answer = await ask(await this.#cluster.controller(), deleteTopicsV4.api, names, REQUEST_LIMIT_MS);
      for (const { errorCode } of answer.responses) check(errorCode);
    });
    this.#cluster.forget();
  }

  topicConfig(topic: string): Promise<ReadonlyMap<string, ConfigValue>> {
    return this.#cluster.patiently(async () => {
      const resource = { resourceType: TOPIC, resourceName: topic, configurationKeys: null };
      const answer = await ask(await this.#cluster.anyone(), describeConfigsV4.api, [resource], false, false);
      const [result] = answer.results;
      check(result?.errorCode ?? 0);
      return new Map(
        (result?.configs ?? []).map(({ name, value, configSource }) => {
          return [name, { value: value ?? '', isOfTopic: configSource === SET_ON_THE_TOPIC }];
        }),
      );
    });
  }

  async replaceTopicConfig(topic: string, config: Readonly<Record<string, string>>): Promise<void> {
    await this.#cluster.patiently(async () => {
      const configs = Object.entries(config).map(([name, value]) => ({ name, value }));
      const resource = { resourceType: TOPIC, resourceName: topic, configs };
      const answer = await ask(await this.#cluster.anyone(), alterConfigsV2.api, [resource], false);
      for (const { errorCode } of answer.responses) check(errorCode);
    });
  }

  extents(topic: string): Promise<ReadonlyMap<number, Extent>> {
    return this.#cluster.patiently(async () => {
      const ends = await this.#positions(topic, LATEST);
      const lows = await this.#positions(topic, EARLIEST);
      return new Map([...ends].map(([partition, end]) => [partition, { low: lows.get(partition) ?? 0, end }]));
    });
  }

  highWatermarks(topic: string): Promise<ReadonlyMap<number, number>> {
    return this.#cluster.patiently(() => this.#positions(topic, LATEST, READ_UNCOMMITTED));
  }

  positionsAt(topic: string, timestampMs: number): Promise<ReadonlyMap<number, number>> {
    return this.#cluster.patiently(async () => {
      const ends = await this.#positions(topic, LATEST);
      const found = await this.#positions(topic, BigInt(timestampMs));
      // The broker answers -1 where no record has such a timestamp.
      return new Map([...found].map(([partition, at]) => [partition, at < 0 ? (ends.get(partition) ?? 0) : at]));
    });
  }

  committed(groupId: string, topics: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<number, Committed>>> {
    return this.#cluster.patiently(async () => {
      const coordinator = await this.#cluster.coordinator('group', groupId);
      // Stable ones only: a transaction that is being committed may still change the others.
      const answer = await ask(coordinator, offsetFetchV7.api, [{ groupId, topics: null }], true);
      check(answer.errorCode);
      const asked = answer.topics.filter(({ name }) => topics.includes(name));
      return new Map(asked.map(({ name, partitions }) => [name, committedOf(partitions)]));
    });
  }

  async groups(): Promise<readonly string[]> {
    return this.#cluster.patiently(async () => {
      const answers = await Promise.all(
        (await this.#cluster.nodes()).map((node) => ask(node, listGroupsV3.api, [], [])),
      );
      for (const { errorCode } of answers) check(errorCode);
      return answers.flatMap(({ groups }) => groups.map(({ groupId }) => groupId));
    });
  }

  async deleteGroups(groupIds: readonly string[]): Promise<void> {
    for (const groupId of groupIds) {
      await this.#cluster.patiently(async () => {
        const coordinator = await this.#cluster.coordinator('group', groupId);
        const answer = await ask(coordinator, deleteGroupsV2.api, [groupId]);
        for (const { errorCode } of answer.results) check(errorCode);
      });
    }
  }

  close(): Promise<void> {
    return this.#cluster.close();
  }

  /** By partition. */
  async #positions(
    topic: string,
    timestamp: bigint,
    isolation: typeof READ_COMMITTED | typeof READ_UNCOMMITTED = READ_COMMITTED,
  ): Promise<ReadonlyMap<number, number>> {
    const leaders = await this.#cluster.leadersOf(topic);
    const byLeader = Map.groupBy(leaders.keys(), (partition) => leaders[partition] ?? -1);
    const answers = await Promise.all(
      [...byLeader].map(async ([leader, partitions]) => {
        const wanted = partitions.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp }));
        const node = await this.#cluster.node(leader);
        return ask(node, listOffsetsV6.api, ANY_REPLICA, isolation, [{ name: topic, partitions: wanted }]);
      }),
    );
    const positions = new Map<number, number>();
    for (const { errorCode, partitionIndex, offset } of answers.flatMap((each) => each.topics[0]?.partitions ?? [])) {
      check(errorCode);
      positions.set(partitionIndex, Number(offset));
    }
    return positions;
  }
}

type OffsetFetchAnswer = ReturnType<typeof offsetFetchV7.parseResponse>;

function committedOf(partitions: OffsetFetchAnswer['topics'][number]['partitions']): ReadonlyMap<number, Committed> {
  const committed = new Map<number, Committed>();
  for (const { partitionIndex, committedOffset, metadata, errorCode } of partitions) {
    check(errorCode);
    // The broker answers -1 where nothing was ever committed.
    if (committedOffset < 0n) continue;
    committed.set(partitionIndex, { offset: Number(committedOffset), metadata: metadata ?? '' });
  }
  return committed;
}

const TOPIC_ALREADY_EXISTS = 36;

const TOPIC = ConfigResourceTypes.TOPIC;

/** `DYNAMIC_TOPIC_CONFIG`, see org.apache.kafka.clients.admin.ConfigEntry.ConfigSource. */
const SET_ON_THE_TOPIC = 1;

const LATEST = -1n;
const EARLIEST = -2n;
const ANY_REPLICA = -1;
const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;
