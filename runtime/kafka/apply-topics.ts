import type { Logger } from 'pino';
import { topics as allTopics, type Topic } from '../../schemas/topics.ts';
import { ApportionError } from '../errors.ts';
import { retry } from '../retry.ts';
import type { Settings } from '../settings.ts';
import { applySchemas } from './apply-schemas.ts';
import { maxMessageBytes } from './batches.ts';
import type { KafkaAdmin, KafkaClient, NewTopic } from './client.ts';
import { isKafkaAway } from './errors.ts';

export interface AppliedTopic {
  /** Name with prefix. */
  readonly topic: string;
  readonly action: 'created' | 'changed' | 'unchanged';
  /** What was done, or would be, in words. */
  readonly detail: string;
}

export interface ApplyTopicsOptions {
  readonly kafka: KafkaClient;
  /** Says what would be done and does nothing. */
  readonly dryRun: boolean;
  readonly logger: Logger;
  readonly topics?: readonly Topic<never>[];
}

type ApplySettings = Pick<
  Settings,
  'kafkaBrokers' | 'schemaRegistryUrl' | 'topicPrefix' | 'topicPartitions' | 'replicationFactor'
>;

/**
 * Creates topics or brings their configuration to what is declared, registers their schemas, and sets the
 * compatibility of the public ones. It never deletes, never shrinks, and running it again, or twice at once, changes
 * nothing. Kafka or a registry that is away is waited for.
 *
 * @throws ApportionError `partitions_differ` when a topic has another number of partitions than the settings say:
 *   keys would move to other partitions. Nothing is changed then.
 * @throws ApportionError `schema_incompatible` when the registry refuses a schema.
 */
export async function applyTopics(
  settings: ApplySettings,
  options: ApplyTopicsOptions,
): Promise<readonly AppliedTopic[]> {
  const { kafka, logger, topics = allTopics } = options;
  const what = `Kafka at ${settings.kafkaBrokers.join(', ')}`;
  const admin = kafka.admin();
  const inKafka = await retry({ what, isTransient: isKafkaAway, logger }, () =>
    applyToKafka(admin, settings, topics, options.dryRun),
  ).finally(() => admin.close());

  const inRegistry = await applySchemas(settings, topics, options);
  return topics.map((topic) => {
    const changes = [...(inKafka.get(topic) ?? []), ...(inRegistry.get(topic) ?? [])];
    const created = changes.some((change) => change.startsWith(CREATE));
    const action = changes.length === 0 ? 'unchanged' : created ? 'created' : 'changed';
    const detail = changes.length === 0 ? 'as declared' : changes.join('; ');
    return { topic: settings.topicPrefix + topic.name, action, detail };
  });
}

const CREATE = 'topic with';

/** Changes per topic, in words. */
export type Changes = Map<Topic<never>, string[]>;

/** The part of `applyTopics` that is done in Kafka. */
export async function applyToKafka(
  admin: KafkaAdmin,
  settings: Pick<Settings, 'topicPrefix' | 'topicPartitions' | 'replicationFactor'>,
  topics: readonly Topic<never>[],
  dryRun: boolean,
): Promise<Changes> {
  const existing = await admin.topics();
  const nameOf = (topic: Topic<never>): string => settings.topicPrefix + topic.name;
  checkPartitions(topics, settings, existing);

  const changes: Changes = new Map();
  const missing = topics.filter((topic) => !existing.has(nameOf(topic)));
  for (const topic of missing) {
    changes.set(topic, [`${CREATE} ${countText(partitionCount(topic, settings))}, ${configText(configOf(topic))}`]);
  }
  if (!dryRun && missing.length > 0) await admin.createTopics(missing.map((topic) => creationOf(topic, settings)));

  for (const topic of topics.filter((each) => existing.has(nameOf(each)))) {
    const differing = await differingConfig(admin, nameOf(topic), configOf(topic));
    if (differing.length === 0) continue;
    changes.set(topic, [configText(Object.fromEntries(differing.map(({ name, to }) => [name, to])))]);
    if (!dryRun) await alterConfig(admin, nameOf(topic), configOf(topic));
  }
  return changes;
}

function partitionCount(topic: Topic<never>, settings: Pick<Settings, 'topicPartitions'>): number {
  return topic.partitioning.by === 'single' ? 1 : settings.topicPartitions;
}

function countText(partitions: number): string {
  return `${partitions} partition${partitions === 1 ? '' : 's'}`;
}

function checkPartitions(
  topics: readonly Topic<never>[],
  settings: Pick<Settings, 'topicPrefix' | 'topicPartitions'>,
  existing: ReadonlyMap<string, number>,
): void {
  const faults: string[] = [];
  for (const topic of topics) {
    const name = settings.topicPrefix + topic.name;
    const found = existing.get(name);
    const wanted = partitionCount(topic, settings);
    if (found !== undefined && found !== wanted) faults.push(`${name} has ${countText(found)} instead of ${wanted}`);
  }
  if (faults.length === 0) return;
  throw new ApportionError(
    'partitions_differ',
    `${faults.join('; ')}. A key's partition follows from their number, and topics that are read together need equally many.`,
    'Set APPORTION_TOPIC_PARTITIONS to what the topics have, or take another APPORTION_TOPIC_PREFIX and an empty database, and send the inputs there again (`apportion send`, `apportion poll`).',
  );
}

function creationOf(
  topic: Topic<never>,
  settings: Pick<Settings, 'topicPrefix' | 'topicPartitions' | 'replicationFactor'>,
): NewTopic {
  return {
    topic: settings.topicPrefix + topic.name,
    partitions: partitionCount(topic, settings),
    replicationFactor: settings.replicationFactor,
    config: configOf(topic),
  };
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** The greatest number there is for Kafka, which is its own default of other limits. */
const NO_LIMIT = '9223372036854775807';
const COMPACTED_SEGMENT_BYTES = 64 * 1024 * 1024;

function configOf(topic: Topic<never>): Record<string, string> {
  const common = {
    'max.message.bytes': String(maxMessageBytes(topic)),
    'message.timestamp.after.max.ms': topic.judgedByTimestamps ? String(HOUR_MS) : NO_LIMIT,
  };
  if (topic.cleanup.policy === 'compact')
    return { 'cleanup.policy': 'compact', ...compactionOf(topic.cleanup), ...common };
  const { retentionDays } = topic.cleanup;
  const retentionMs = retentionDays === 'unlimited' ? '-1' : String(retentionDays * DAY_MS);
  return { 'cleanup.policy': 'delete', 'retention.ms': retentionMs, ...common };
}

/**
 * A segment that is being written is never compacted, and Kafka begins the next one after 1 GiB or 7 days: so long,
 * whoever reads the topic from its beginning would read all that is superseded. Segments of a topic that is compacted at
 * once are merged soon, so they may be small; those of a topic with a lag lie there for all of it.
 */
function compactionOf({ lagDays }: { readonly lagDays: number }): Record<string, string> {
  const lag = { 'min.compaction.lag.ms': String(lagDays * DAY_MS) };
  if (lagDays > 0) return { ...lag, 'segment.ms': String(DAY_MS) };
  return { ...lag, 'segment.ms': String(HOUR_MS), 'segment.bytes': String(COMPACTED_SEGMENT_BYTES) };
}

function configText(config: Record<string, string>): string {
  return Object.entries(config)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}

async function differingConfig(
  admin: KafkaAdmin,
  topic: string,
  wanted: Record<string, string>,
): Promise<{ name: string; to: string }[]> {
  const found = await admin.topicConfig(topic);
  return Object.entries(wanted)
    .filter(([name, to]) => found.get(name)?.value !== to)
    .map(([name, to]) => ({ name, to }));
}

/** What an operator has set beside ours is set again. */
async function alterConfig(admin: KafkaAdmin, topic: string, wanted: Record<string, string>): Promise<void> {
  const config = await admin.topicConfig(topic);
  const own = [...config].filter(([, { isOfTopic }]) => isOfTopic).map(([name, { value }]) => [name, value] as const);
  await admin.replaceTopicConfig(topic, { ...Object.fromEntries(own), ...wanted });
}
