import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { Admin, Consumer, ConsumerConfig, EachBatchPayload } from 'kafkajs';
import { Backoff, Outage, retry } from '../retry.ts';
import type { Commits, Committed, OutputRecord, Processor, TaskId } from '../task.ts';
import { assignedTasks, createAssigner } from './assigner.ts';
import { faultOf } from './errors.ts';
import { keepAlive } from './keep-alive.ts';
import { Pace } from './pace.ts';
import { extentOf, startOffset } from './positions.ts';
import type { ProcessorHost } from './run-processor.ts';
import { Session } from './session.ts';
import { taskName, tasksOf } from './task-id.ts';
import { type Delivery, type TaskHost, TaskRunner } from './task-runner.ts';
import { TopicNames } from './topic-names.ts';
import { checkedTasks } from './topology.ts';
import { createTransactions } from './transactions.ts';

/** What kafkajs fetches at most of one partition at once; a larger record comes all the same. */
const FETCH_BYTES_PER_PARTITION = 1024 * 1024;
const FETCH_BYTES = 16 * 1024 * 1024;

/** How long an idle fetch waits for records. Tasks that have just been opened begin to read only after it. */
const FETCH_WAIT_MS = 100;

const DEFAULT_SESSION_TIMEOUT_MS = 15_000;
const DISCONNECT_LIMIT_MS = 10_000;

/**
 * A member of the group. It lives through sessions, each with a consumer of its own: one ends when the consumer fails,
 * and the next begins after a pause. Its tasks live longer: they end when the group gives them to another member.
 */
export class Member<Config, Out> {
  readonly #processor: Processor<Config, Out>;
  readonly #config: Config;
  readonly #host: ProcessorHost<Out>;
  readonly #admin: Admin;
  readonly #outage: Outage;
  readonly #groupId: string;
  readonly #names: TopicNames;
  readonly #pace: Pace | null;
  readonly #taskHost: TaskHost<Out>;
  readonly #runners = new Map<string, TaskRunner<Out>>();
  /** Tasks that were given up and are not yet through with it, by name: whoever gets one again waits for that. */
  readonly #ending = new Map<string, Promise<void>>();
  readonly #failure = Promise.withResolvers<never>();
  #tasks: readonly TaskId[] = [];
  #session: Session | null = null;
  /** As the group knows this member. A consumer that takes a failed one's place goes on under it. */
  #memberId: string | undefined;
  #stopping = false;

  constructor(processor: Processor<Config, Out>, config: Config, host: ProcessorHost<Out>) {
    this.#processor = processor;
    this.#config = config;
    this.#host = host;
    this.#admin = host.kafka.admin();
    this.#outage = new Outage('Kafka', host.logger);
    this.#groupId = host.prefix + processor.name;
    this.#names = new TopicNames(host.prefix, host.inputPrefixes);
    this.#pace = host.maxRecordsPerSecond === undefined ? null : new Pace(host.maxRecordsPerSecond);
    this.#taskHost = this.#createTaskHost();
    this.#failure.promise.catch(() => {});
  }

  async run(): Promise<void> {
    const { logger, signal } = this.#host;
    try {
      const isTransient = (error: unknown): boolean => faultOf(error) === 'transient';
      await retry({ what: this.#outage, isTransient, logger, signal }, () => this.#connect());
      await Promise.race([this.#sessions(), this.#failure.promise]);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await this.#end();
    }
  }

  async #connect(): Promise<void> {
    await this.#admin.connect();
    this.#tasks = await checkedTasks(this.#admin, this.#processor, (topic) => this.#topicName(topic));
  }

  async #sessions(): Promise<void> {
    const { signal } = this.#host;
    const backoff = new Backoff(100, 2_000);
    while (!signal.aborted && !this.#stopping) {
      try {
        await this.#runSession(backoff);
      } catch (error) {
        if (signal.aborted || this.#stopping) return;
        if (faultOf(error) === 'fatal') throw error;
        this.#outage.note(error);
        await sleep(backoff.nextMs(), undefined, { signal });
      }
    }
  }

  async #runSession(backoff: Backoff): Promise<void> {
    const { signal } = this.#host;
    const { reads, broadcasts } = this.#processor;
    const consumer = this.#createConsumer();
    const session = new Session(consumer);
    this.#session = session;
    try {
      consumer.on(consumer.events.CRASH, ({ payload }) => session.crash(payload.error));
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        this.#outage.end();
        backoff.reset();
        this.#memberId = payload.memberId;
        this.#assign(payload.memberAssignment);
        this.#host.onJoin?.();
      });
      consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => this.#takeEmpty(payload));
      await consumer.connect();
      await consumer.subscribe({ topics: [...reads, ...broadcasts].map((topic) => this.#topicName(topic.name)) });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: (payload) => this.#takeBatch(payload),
      });
      await session.untilCrash(signal);
    } finally {
      // A member that stops leaves the group only after its last commit, see `#end`.
      if (!signal.aborted) await this.#closeSession();
    }
  }

  #createConsumer(): Consumer {
    const { kafka, sessionTimeoutMs = DEFAULT_SESSION_TIMEOUT_MS } = this.#host;
    const { broadcasts } = this.#processor;
    const config: ConsumerConfig & { memberId: string | undefined } = {
      groupId: this.#groupId,
      memberId: this.#memberId,
      sessionTimeout: sessionTimeoutMs,
      // No task holds up a rebalance for longer, so a member that does is gone.
      rebalanceTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.floor(sessionTimeoutMs / 6),
      maxWaitTimeInMs: FETCH_WAIT_MS,
      maxBytesPerPartition: FETCH_BYTES_PER_PARTITION,
      maxBytes: FETCH_BYTES,
      allowAutoTopicCreation: false,
      // A consumer that failed is replaced by a new one, here, where it is logged what is away and since when.
      retry: { restartOnFailure: async () => false },
      partitionAssigners: [
        createAssigner({
          broadcasts: broadcasts.map((topic) => this.#topicName(topic.name)),
          tasks: (partitionsOf) => tasksOf(this.#processor, partitionsOf),
          topicName: (topic) => this.#topicName(topic),
          owned: () => [...this.#runners.keys()],
        }),
      ],
    };
    return kafka.consumer(config);
  }

  async #closeSession(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    if (session === null) return;
    const limit = sleep(DISCONNECT_LIMIT_MS, undefined, { ref: false });
    await Promise.race([session.consumer.disconnect().catch(() => {}), limit]);
  }

  /** The group has said which partitions are this member's. Called before anything is fetched of them. */
  #assign(assignment: Readonly<Record<string, readonly number[]>>): void {
    const session = this.#session;
    if (session === null || this.#stopping) return;
    session.assignment = assignment;
    const given = new Map(
      assignedTasks(assignment, this.#tasks, (topic) => this.#topicName(topic)).map((id) => [taskName(id), id]),
    );
    for (const [name, runner] of this.#runners) {
      if (given.has(name)) runner.rebalanced();
      else this.#release(name, runner);
    }
    for (const [name, id] of given) {
      if (!this.#runners.has(name)) this.#start(name, id);
    }
    this.#point();
  }

  #start(name: string, id: TaskId): void {
    this.#runners.set(name, new TaskRunner(id, this.#taskHost, this.#ending.get(name)));
  }

  #release(name: string, runner: TaskRunner<Out>): void {
    this.#runners.delete(name);
    const ending = runner.close().finally(() => this.#ending.delete(name));
    this.#ending.set(name, ending);
  }

  /** Points the consumer at what the tasks want to read: from where, and nothing else. */
  #point(): void {
    const session = this.#session;
    if (session === null) return;
    const wanted = new Map<string, number>();
    for (const runner of this.#runners.values()) {
      for (const input of this.#stopping ? [] : runner.wants()) {
        const key = `${this.#topicName(input.topic)}/${input.partition}`;
        wanted.set(key, Math.min(wanted.get(key) ?? Number.POSITIVE_INFINITY, input.position));
      }
    }
    session.point(wanted);
  }

  async #takeBatch({ batch, heartbeat, resolveOffset, isStale }: EachBatchPayload): Promise<void> {
    try {
      const preparing = this.#host.codec.prepare(batch.messages.map(({ value }) => value));
      if (preparing !== undefined) await keepAlive(preparing, heartbeat);
      if (isStale() || this.#stopping) return;
      const { fetchedOffset } = batch as unknown as { fetchedOffset: string };
      const next = Number(batch.lastOffset()) + 1;
      this.#take(batch.topic, batch.partition, { from: Number(fetchedOffset), next, messages: batch.messages });
      resolveOffset(batch.lastOffset());
      const pauseMs = this.#pace?.take(batch.messages.length) ?? 0;
      if (pauseMs > 0) await keepAlive(sleep(pauseMs, undefined, { signal: this.#host.signal }), heartbeat);
    } catch (error) {
      // An error of the client's own, out of a heartbeat say, is for the client to handle.
      if (faultOf(error) !== 'fatal') throw error;
      this.#failure.reject(error);
      return;
    }
    for (const runner of this.#runners.values()) {
      const relief = runner.relief();
      if (relief !== undefined) await keepAlive(relief, heartbeat);
    }
    // Batches of one fetch follow one another without a turn of the event loop, which commits and timers need.
    await turn();
  }

  /** kafkajs hands over no batch that has only markers or aborted records, but says where it ended. */
  #takeEmpty(payload: { topic: string; partition: number; batchSize: number; lastOffset: string }): void {
    if (payload.batchSize > 0 || this.#stopping) return;
    const { fetchedOffset } = payload as unknown as { fetchedOffset: string };
    const next = Number(payload.lastOffset) + 1;
    try {
      this.#take(payload.topic, payload.partition, { from: Number(fetchedOffset), next, messages: [] });
    } catch (error) {
      this.#failure.reject(error);
    }
  }

  #take(fullName: string, partition: number, delivery: Delivery): void {
    const topic = this.#names.topicOf(fullName);
    for (const runner of this.#runners.values()) runner.take(topic, partition, delivery);
    // The consumer goes on after the batch. A task that has not come as far, since its position lies before, is read for again.
    const behind = this.#behind(topic, partition, delivery.next);
    if (behind !== null) this.#session?.consumer.seek({ topic: fullName, partition, offset: String(behind) });
  }

  #behind(topic: string, partition: number, next: number): number | null {
    let behind: number | null = null;
    for (const runner of this.#runners.values()) {
      for (const input of runner.wants()) {
        if (input.topic !== topic || input.partition !== partition || input.position >= next) continue;
        behind = Math.min(behind ?? input.position, input.position);
      }
    }
    return behind;
  }

  /** Committed positions as a hint for lag monitors, where outputs do not go to Kafka. Nothing depends on it. */
  #hint(id: TaskId, positions: ReadonlyMap<string, Committed>): void {
    const offsets = [...positions].map(([topic, { offset }]) => {
      return { topic: this.#topicName(topic), partition: id.partition, offset: String(offset) };
    });
    this.#session?.commitHint(offsets);
  }

  async #end(): Promise<void> {
    this.#stopping = true;
    this.#point();
    const runners = [...this.#runners.values()];
    this.#runners.clear();
    const stopped = this.#host.signal.aborted;
    await Promise.allSettled(runners.map((runner) => (stopped ? runner.finish() : runner.close())));
    await Promise.allSettled(this.#ending.values());
    await this.#closeSession();
    await this.#admin.disconnect().catch(() => {});
  }

  #createTaskHost(): TaskHost<Out> {
    const { logger, codec, commitIntervalMs } = this.#host;
    const commits = this.#host.commits ?? this.#transactions();
    const { reads, broadcasts } = this.#processor;
    return {
      commits,
      commitIntervalMs,
      logger,
      broadcasts: broadcasts.map((topic) => topic.name),
      createTask: ({ partition, topics }) =>
        this.#processor.createTask(this.#config, {
          partition,
          topics: reads.filter((topic) => topics.includes(topic.name)),
          codec,
        }),
      extentOf: (topic, partition) => extentOf(this.#admin, this.#topicName(topic), partition),
      startOffset: (topic, partition, start, extent) =>
        startOffset(this.#admin, this.#topicName(topic), partition, start, extent),
      wantsChanged: () => this.#point(),
      committed: (id, positions) => {
        if (commits.inGroup !== true) this.#hint(id, positions);
      },
      fail: (error) => this.#failure.reject(error),
    };
  }

  /** Without `commits`, `Out` is `OutputRecord`: the type of the parameter cannot say so. */
  #transactions(): Commits<Out> {
    const { kafka, prefix, logger } = this.#host;
    const transactions: Commits<OutputRecord> = createTransactions({
      kafka,
      admin: this.#admin,
      prefix,
      names: this.#names,
      logger,
      outage: this.#outage,
    });
    return transactions as unknown as Commits<Out>;
  }

  #topicName(topic: string): string {
    return this.#names.of(topic);
  }
}
