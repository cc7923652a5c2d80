import type { Command } from 'commander';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { createCatalogReader } from '../operations/catalog-in-force.ts';
import { readAwsSecret } from '../runtime/aws-secret.ts';
import { readSettings, requireDatabaseUrl } from '../runtime/config.ts';
import type { Journal } from '../runtime/journal.ts';
import type { KafkaAdmin, KafkaClient } from '../runtime/kafka/client.ts';
import type { PreparedCodec } from '../runtime/kafka/codec.ts';
import { createKafka } from '../runtime/kafka/create-kafka.ts';
import { isKafkaAway } from '../runtime/kafka/errors.ts';
import { createKafkaJournal } from '../runtime/kafka/journal.ts';
import { createPublisher } from '../runtime/kafka/publisher.ts';
import { createRegistryCodec } from '../runtime/kafka/registry-codec.ts';
import { readSecurity } from '../runtime/kafka/security.ts';
import { createLogger } from '../runtime/logger.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { createPool } from '../runtime/postgres/pool.ts';
import type { Publisher } from '../runtime/publisher.ts';
import { retry } from '../runtime/retry.ts';
import { createSecrets, type Secrets } from '../runtime/secrets.ts';
import type { Settings } from '../runtime/settings.ts';
import type { Catalog } from '../schemas/catalog.ts';
import { topics } from '../schemas/topics.ts';
import { serverErrorOf } from './server-error.ts';

/** What a command works with: the settings, and clients of the servers they name, each connected when first used. */
export interface World {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly kafka: KafkaClient;
  /** @throws ApportionError `bad_settings` where no database is set */
  readonly pool: Pool;
  readonly admin: KafkaAdmin;
  codec(): Promise<PreparedCodec>;
  publisher(): Promise<Publisher>;
  /** The catalog in force, once Kafka answers; null when none was ever applied. */
  catalog(): Promise<Catalog | null>;
  /** Of the writer of that name; the caller closes it. */
  journal(name: string): Promise<Journal>;
  readonly secrets: Secrets;
  /** What Prometheus is told. */
  readonly metrics: Registry;
  /** Aborted when the command ends, or when it is told to stop. */
  readonly signal: AbortSignal;
}

/** Runs an action of a command with a world, and closes what it opened. */
export async function withWorld(command: Command, action: (world: World) => Promise<void>): Promise<void> {
  const { config } = command.optsWithGlobals<{ config?: string }>();
  const settings = readSettings({ env: process.env, configFile: config, localFile: '.local/env' });
  await withWorldOf(settings, action);
}

/** The same with settings at hand. */
export async function withWorldOf<T>(settings: Settings, action: (world: World) => Promise<T>): Promise<T> {
  await using closing = new AsyncDisposableStack();
  // Whatever still waits for a server that is away ends with the world.
  const ended = new AbortController();
  const { signal } = ended;
  const logger = createLogger(settings.logLevel);
  const secrets = createSecrets({ env: process.env, awsSecret: readAwsSecret });
  const kafka = await createKafka({
    brokers: settings.kafkaBrokers,
    client: settings.kafkaClient,
    security: await readSecurity(settings, secrets),
    logger,
  });
  let pool: Pool | null = null;
  const openPool = (): Pool => {
    const databaseUrl = requireDatabaseUrl(settings);
    return closing.adopt(createPool({ databaseUrl, applicationName: 'apportion', logger }), (it) => it.end());
  };
  const codec = once(() =>
    createRegistryCodec({
      registryUrl: settings.schemaRegistryUrl,
      prefix: settings.topicPrefix,
      topics,
      logger,
      signal,
    }),
  );
  const admin = closing.adopt(kafka.admin(), (it) => it.close());
  const readCatalog = createCatalogReader({ kafka, admin, codec, prefix: settings.topicPrefix });
  const world: World = {
    settings,
    logger,
    kafka,
    get pool() {
      pool ??= openPool();
      return pool;
    },
    codec,
    admin,
    publisher: once(async () => {
      const options = { kafka, codec: await codec(), prefix: settings.topicPrefix, logger, signal };
      return closing.adopt(createPublisher(options), (it) => it.close());
    }),
    catalog: () => retry({ what: 'Kafka', isTransient: isKafkaAway, logger, signal }, readCatalog),
    journal: async (name) => {
      return createKafkaJournal({ name, kafka, codec: await codec(), prefix: settings.topicPrefix, logger, signal });
    },
    secrets,
    metrics: createMetrics(),
    signal,
  };
  try {
    return await action(world);
  } catch (error) {
    throw serverErrorOf(error, settings);
  } finally {
    ended.abort(new Error('the command has ended'));
  }
}

/** What could not be opened is opened anew by whoever asks next: he may be waiting for its server. */
function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}
