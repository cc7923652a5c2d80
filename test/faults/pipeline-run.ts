import assert from 'node:assert/strict';
import { settlePipeline } from '../../commands/settle.ts';
import { type World, withWorldOf } from '../../commands/world.ts';
import type { StackAddresses } from '../../local/stack.ts';
import { publishCatalog } from '../../operations/apply-catalog.ts';
import { verify } from '../../operations/verify/verify.ts';
import { readSettings } from '../../runtime/config.ts';
import { applyTopics } from '../../runtime/kafka/apply-topics.ts';
import { createDatabase, freshPrefix } from '../integration/stack.ts';
import type { FaultInput, Piece } from './input.ts';
import { type Expected, expectedOutcome } from './oracle/expected-outcome.ts';
import { type Outcome, readOutcome } from './outcome.ts';
import { SESSION_TIMEOUT_MS } from './scenario.ts';
import { SupervisedRole } from './supervised-role.ts';
import { openWriters, type Writers } from './writers.ts';

const SETTLE_LIMIT_MS = 120_000;

/** The input streaming through roles in processes of their own, over topics and a database that no other run has. */
export class PipelineRun {
  readonly world: World;
  readonly input: FaultInput;
  /** What its processes find in their environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Lines of calls that the broker has acknowledged. */
  lines = 0;
  /** The same of samples. */
  samples = 0;
  readonly #writers: Writers;
  readonly #signal: AbortSignal | undefined;
  readonly #pieces: Generator<Piece, void>;
  readonly #started = new Set<SupervisedRole>();
  #acknowledgedPieces = 0;

  /** @param signal ends the input early */
  constructor(
    world: World,
    env: Readonly<Record<string, string>>,
    writers: Writers,
    input: FaultInput,
    signal?: AbortSignal,
  ) {
    this.world = world;
    this.input = input;
    this.env = env;
    this.#writers = writers;
    this.#signal = signal;
    this.#pieces = input.pieces();
  }

  /** The share of the input that the broker has acknowledged. */
  get acknowledged(): number {
    return this.#acknowledgedPieces / this.input.pieceCount;
  }

  /** Starts a process for each list of roles. */
  start(...processes: readonly (readonly string[])[]): readonly SupervisedRole[] {
    return processes.map((roles) => this.startWith(this.env, roles));
  }

  startWith(env: Readonly<Record<string, string>>, roles: readonly string[]): SupervisedRole {
    const process = new SupervisedRole(roles, env);
    this.#started.add(process);
    return process;
  }

  /** Whether there is nothing more to send. */
  get isThrough(): boolean {
    return this.acknowledged >= 1 || this.#signal?.aborted === true;
  }

  /** Sends the next piece, if there is one. */
  async sendPiece(): Promise<void> {
    if (this.isThrough) return;
    const { value: piece } = this.#pieces.next();
    if (piece === undefined) throw new Error('the input has fewer pieces than it says');
    await this.#writers.write(piece);
    this.lines += piece.calls.length;
    this.samples += piece.samples.length;
    this.#acknowledgedPieces += 1;
  }

  /** Sends piece after piece until that share of the input is acknowledged. */
  async sendUntil(share: number, onAcknowledged: () => void = () => {}): Promise<void> {
    while (this.acknowledged < share && !this.isThrough) {
      await this.sendPiece();
      onAcknowledged();
    }
  }

  /** Waits until all that was sent is attributed and in Postgres. */
  settle(timeoutMs = SETTLE_LIMIT_MS): Promise<void> {
    return settlePipeline(this.world, { timeoutMs });
  }

  /** What has become of all that was sent. */
  async outcome(timeoutMs = SETTLE_LIMIT_MS): Promise<Outcome> {
    await this.settle(timeoutMs);
    return readOutcome(this.world, this.input.range);
  }

  /** What must have become of it. */
  expected(): Promise<Expected> {
    return expectedOutcome(this.world);
  }

  /** Nothing that `apportion verify --deep` looks at is wrong. */
  async audit(): Promise<void> {
    const { kafka, pool, settings } = this.world;
    const { openDays, maxCallHours, topicPrefix: prefix } = settings;
    const deep = { admin: this.world.admin, openDays, maxCallHours };
    const audited = { kafka, pool, prefix, codec: await this.world.codec(), deep };
    for (const { name, compared, failed, faults } of await verify(audited, this.input.range)) {
      assert.ok(compared > 0, `${name}: nothing was compared`);
      assert.equal(failed, 0, `${name}: ${faults.join('\n')}`);
    }
  }

  /** Stops a process in good order, or however it is: it may not have ended by itself before. */
  async dismiss(process: SupervisedRole, how: 'stop' | 'kill' = 'stop'): Promise<void> {
    this.#started.delete(process);
    const { deaths } = process;
    if (how === 'kill') process.end();
    else await process.stop();
    assert.equal(deaths.join('\n'), '');
  }

  /** Stops all processes in good order: none of them may have ended by itself before. */
  async stop(): Promise<void> {
    await Promise.all([...this.#started].map((process) => process.stop()));
    assert.equal([...this.#started].flatMap(({ deaths }) => deaths).join('\n'), '');
  }

  /** Ends what is left of the processes. */
  end(): void {
    for (const process of this.#started) process.end();
  }

  /** What the processes said last, for the message of a test that fails. */
  lastWords(): string {
    return [...this.#started]
      .map(({ name, said, deaths }) => [name, ...deaths, ...said.slice(-12)].join('\n  '))
      .join('\n');
  }
}

export interface RunOptions {
  /** Further variables for all that runs in it. */
  readonly variables?: Readonly<Record<string, string>>;
  /** An empty database, where the run is not to make one. */
  readonly databaseUrl?: string;
  /** Ends the input early. */
  readonly signal?: AbortSignal | undefined;
}

/** Runs with topics, a catalog and a database of its own; whatever was started in it has ended when this returns. */
export async function withRun<T>(
  stack: StackAddresses,
  input: FaultInput,
  action: (run: PipelineRun) => Promise<T>,
  options: RunOptions = {},
): Promise<T> {
  const databaseUrl = options.databaseUrl ?? (await createDatabase(stack.databaseUrl));
  const env = { ...environmentOf(stack, freshPrefix(), databaseUrl), ...options.variables };
  const settings = readSettings({ env: { ...env, APPORTION_LOG_LEVEL: 'silent' } });
  return withWorldOf(settings, async (world) => {
    await applyTopics(settings, { ...world, dryRun: false });
    await using writers = await openWriters(world);
    await publishCatalog(await world.publisher(), input.catalog, Date.now());
    const run = new PipelineRun(world, env, writers, input, options.signal);
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
    APPORTION_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
  };
}
