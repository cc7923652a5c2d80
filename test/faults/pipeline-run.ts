import assert from 'node:assert/strict';
import { settlePipeline } from '../../commands/settle.ts';
import { type World, withWorldOf } from '../../commands/world.ts';
import type { StackAddresses } from '../../local/stack.ts';
import { publishCatalog } from '../../operations/apply-catalog.ts';
import { verify } from '../../operations/verify/verify.ts';
import { readSettings } from '../../runtime/config.ts';
import { applyTopics } from '../../runtime/kafka/apply-topics.ts';
import { createDatabase, freshPrefix } from '../integration/stack.ts';
import type { FaultInput } from './input.ts';
import { type Outcome, readOutcome } from './outcome.ts';
import { SupervisedRole } from './supervised-role.ts';
import { openWriters, type Writers } from './writers.ts';

export const roleNames = ['meter', 'attribute', 'postgres-sink'] as const;

const SETTLE_LIMIT_MS = 120_000;

/** The input streaming through roles in processes of their own, over topics and a database that no other run has. */
export class PipelineRun {
  readonly world: World;
  readonly input: FaultInput;
  /** Lines of calls that the broker has acknowledged. */
  acknowledged = 0;
  /** What its processes find in their environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly #writers: Writers;
  readonly #started: SupervisedRole[] = [];

  constructor(world: World, env: Readonly<Record<string, string>>, writers: Writers, input: FaultInput) {
    this.world = world;
    this.input = input;
    this.env = env;
    this.#writers = writers;
  }

  /** Lines of calls of the whole input. */
  get lines(): number {
    return this.input.pieces.reduce((sum, piece) => sum + piece.calls.length, 0);
  }

  /** Starts a process for each list of roles. */
  start(...processes: readonly (readonly string[])[]): readonly SupervisedRole[] {
    const started = processes.map((roles) => new SupervisedRole(roles, this.env));
    this.#started.push(...started);
    return started;
  }

  /** Sends a part of the input, piece after piece; `onAcknowledged` is called when the broker has taken one. */
  async send(from: number, to: number, onAcknowledged: () => void = () => {}): Promise<void> {
    for (const piece of this.input.pieces.slice(this.#index(from), this.#index(to))) {
      await this.#writers.write(piece);
      this.acknowledged += piece.calls.length;
      onAcknowledged();
    }
  }

  /** Waits until all that was sent is attributed and in Postgres. */
  settle(): Promise<void> {
    return settlePipeline(this.world, { timeoutMs: SETTLE_LIMIT_MS });
  }

  /** What has become of all that was sent. */
  async outcome(): Promise<Outcome> {
    await this.settle();
    return readOutcome(this.world, this.input);
  }

  /** Nothing that `apportion verify --deep` looks at is wrong. */
  async audit(): Promise<void> {
    const { kafka, pool, settings } = this.world;
    const { openDays, maxCallHours, topicPrefix: prefix } = settings;
    const deep = { admin: await this.world.admin(), openDays, maxCallHours };
    const audited = { kafka, pool, prefix, codec: await this.world.codec(), deep };
    for (const { name, compared, failed, faults } of await verify(audited, this.input.range)) {
      assert.ok(compared > 0, `${name}: nothing was compared`);
      assert.equal(failed, 0, `${name}: ${faults.join('\n')}`);
    }
  }

  /** Stops all processes in good order: none of them may have ended by itself before. */
  async stop(): Promise<void> {
    await Promise.all(this.#started.map((process) => process.stop()));
    assert.deepEqual(
      this.#started.flatMap(({ deaths }) => deaths),
      [],
    );
  }

  /** Ends what is left of the processes. */
  end(): void {
    for (const process of this.#started) process.end();
  }

  /** What the processes said last, for the message of a test that fails. */
  lastWords(): string {
    return this.#started.map(({ name, said, deaths }) => [name, ...deaths, ...said.slice(-12)].join('\n  ')).join('\n');
  }

  #index(part: number): number {
    return Math.round(part * this.input.pieces.length);
  }
}

/** Runs with topics, a catalog, an empty database, and further variables; whatever was started in it has ended when this returns. */
export async function withRun<T>(
  stack: StackAddresses,
  input: FaultInput,
  action: (run: PipelineRun) => Promise<T>,
  variables: Readonly<Record<string, string>> = {},
): Promise<T> {
  const env = { ...variables, ...environmentOf(stack, freshPrefix(), await createDatabase(stack.databaseUrl)) };
  const settings = readSettings({ env: { ...env, APPORTION_LOG_LEVEL: 'silent' } });
  return withWorldOf(settings, async (world) => {
    await applyTopics(settings, { dryRun: false, logger: world.logger });
    await using writers = await openWriters(world);
    await publishCatalog(await world.publisher(), input.catalog, Date.now());
    const run = new PipelineRun(world, env, writers, input);
    try {
      const result = await action(run);
      await run.stop();
      return result;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${reason}\nThe processes said last:\n${run.lastWords()}`, { cause });
    } finally {
      run.end();
    }
  });
}

/** Short intervals, so that much begins and ends in the time that a test has. */
function environmentOf(stack: StackAddresses, prefix: string, databaseUrl: string): Record<string, string> {
  return {
    APPORTION_KAFKA_BROKERS: stack.kafkaBrokers,
    APPORTION_SCHEMA_REGISTRY_URL: stack.schemaRegistryUrl,
    APPORTION_DATABASE_URL: databaseUrl,
    APPORTION_TOPIC_PREFIX: prefix,
    APPORTION_COMMIT_INTERVAL_MS: '100',
    APPORTION_OPEN_DAY_INTERVAL_MS: '100',
    // How long the group waits for a dead member: the least that a broker grants.
    APPORTION_SESSION_TIMEOUT_MS: '6000',
  };
}
