import { once } from 'node:events';
import type { Logger } from 'pino';
import { settlePipeline } from '../../commands/settle.ts';
import { type World, withWorldOf } from '../../commands/world.ts';
import { publishCatalog } from '../../operations/apply-catalog.ts';
import { readSettings } from '../../runtime/config.ts';
import { applyTopics } from '../../runtime/kafka/apply-topics.ts';
import { createPool } from '../../runtime/postgres/pool.ts';
import type { Catalog } from '../../schemas/catalog.ts';
import type { Bench } from '../benchmark.ts';
import { ApportionProcess } from './apportion-process.ts';

const SETTLE_LIMIT_MS = 600_000;

/** Roles in processes of their own, over topics and a database that nothing else uses. */
export interface Pipeline {
  readonly world: World;
  /** Starts `apportion run ROLE…`. */
  run(...roles: readonly string[]): void;
  /** Runs `apportion ARGUMENTS` to its end, and gives what it wrote to its output; `onLine` takes its progress. */
  command(args: readonly string[], onLine?: (line: string) => void): Promise<string>;
  /** Waits until all that was sent is attributed and in Postgres. */
  settle(): Promise<void>;
}

export interface PipelineOptions {
  /** Of its topics and its database. */
  readonly name: string;
  readonly catalog: Catalog;
  /** Beside addresses and names: everything else is as Apportion comes. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Acts on a pipeline whose topics, catalog and database are there. All that was started in it has ended when this
 * returns or throws, and topics and database are gone.
 *
 * @throws what a role ended with that should run on, or what `bench.signal` was aborted with
 */
export async function withPipeline<T>(
  { stack, logger, signal }: Bench,
  { name, catalog, settings: further = {} }: PipelineOptions,
  action: (pipeline: Pipeline) => Promise<T>,
): Promise<T> {
  await using database = await createDatabase(stack.databaseUrl, `apportion_bench_${name}`, logger);
  const env = {
    APPORTION_KAFKA_BROKERS: stack.kafkaBrokers,
    APPORTION_SCHEMA_REGISTRY_URL: stack.schemaRegistryUrl,
    APPORTION_DATABASE_URL: database.url,
    APPORTION_TOPIC_PREFIX: `bench-${name}.`,
    ...further,
  };
  const settings = readSettings({ env: { ...env, APPORTION_LOG_LEVEL: 'error' } });
  return await withWorldOf(settings, async (world) => {
    await using closing = new AsyncDisposableStack();
    await applyTopics(settings, { ...world, dryRun: false });
    closing.defer(() => deleteTopics(world));
    await publishCatalog(await world.publisher(), catalog, Date.now());

    const failed = Promise.withResolvers<never>();
    const start = (args: readonly string[], onLine?: (line: string) => void): ApportionProcess =>
      closing.adopt(new ApportionProcess(args, env, onLine), (it) => it.stop());
    const pipeline: Pipeline = {
      world,
      run: (...roles) => {
        const role = start(['run', ...roles]);
        role.ended.then(() => failed.reject(new Error(`${roles.join(' ')} has stopped by itself`)), failed.reject);
      },
      command: (args, onLine) => start(args, onLine).ended,
      settle: () => settlePipeline(world, { timeoutMs: SETTLE_LIMIT_MS }),
    };
    return await Promise.race([action(pipeline), failed.promise, aborted(signal)]);
  });
}

async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}

async function createDatabase(
  serverUrl: string,
  name: string,
  logger: Logger,
): Promise<AsyncDisposable & { url: string }> {
  const pool = createPool({ databaseUrl: serverUrl, applicationName: 'bench', logger });
  // Not by force, which is refused while the server itself vacuums there: all that was connected has ended.
  const drop = () => pool.query(`DROP DATABASE IF EXISTS ${name}`);
  await drop();
  await pool.query(`CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = name;
  return {
    url: url.href,
    [Symbol.asyncDispose]: async () => {
      await drop();
      await pool.end();
    },
  };
}

async function deleteTopics(world: World): Promise<void> {
  const names = [...(await world.admin.topics()).keys()];
  await world.admin.deleteTopics(names.filter((name) => name.startsWith(world.settings.topicPrefix)));
}
