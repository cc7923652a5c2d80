import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff, Outage, retry } from '../retry.ts';
import type { Commits, Committed, OutputRecord, Processor, TaskId } from '../task.ts';
import { assignedTasks, createAssigner } from './assigner.ts';
import type { Assignment, Delivery, GroupMember, KafkaAdmin } from './client.ts';
import { faultOf, isKafkaAway } from './errors.ts';
import { valuesOf } from './kafka-input.ts';
import { Pace } from './pace.ts';
import { extentOf, startOffset } from './positions.ts';
import type { ProcessorHost } from './run-processor.ts';
import { taskName, tasksOf } from './task-id.ts';
import { createTaskMetrics } from './task-metrics.ts';
import { type TaskHost, TaskRunner } from './task-runner.ts';
import { TopicNames } from './topic-names.ts';
import { checkedTasks } from './topology.ts';
import { createTransactions } from './transactions.ts';

const PARTITION_BYTES = 1024 * 1024;
const DEFAULT_SESSION_TIMEOUT_MS = 15_000;

/**
 * A member of the group. It lives through sessions, each with a client of its own: one ends when the client fails, and
 * the next begins after a pause. Its tasks live longer: they end when the group gives them to another member.
 */
export class Member<Config, Out> {
  readonly #processor: Processor<Config, Out>;
  readonly #config: Config;
  readonly #host: ProcessorHost<Out>;
  readonly #admin: KafkaAdmin;
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
  #session: GroupMember | null = null;
  /** As the group knows this member. A client that takes a failed one's place goes on under it. */
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
      await retry({ what: this.#outage, isTransient: isKafkaAway, logger, signal }, () => this.#connect());
      await Promise.race([this.#sessions(), this.#failure.promise]);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await this.#end();
    }
  }

  async #connect(): Promise<void> {
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
        const fault = faultOf(error);
        if (fault === 'fatal') throw error;
        if (fault === 'position') for (const runner of this.#runners.values()) runner.refused();
        this.#outage.note(error);
        await sleep(backoff.nextMs(), undefined, { signal });
      }
    }
  }

  async #runSession(backoff: Backoff): Promise<void> {
    const { signal } = this.#host;
    const session = this.#createSession(backoff);
    this.#session = session;
    try {
      await session.run(signal);
    } finally {
      // A member that stops leaves the group only after its last commit, see `#end`.
      if (!signal.aborted) await this.#closeSession();
    }
  }

  #createSession(backoff: Backoff): GroupMember {
    const { kafka, sessionTimeoutMs = DEFAULT_SESSION_TIMEOUT_MS } = this.#host;
    const { reads, broadcasts } = this.#processor;
    return kafka.member({
      groupId: this.#groupId,
      memberId: this.#memberId,
      topics: [...reads, ...broadcasts].map((topic) => this.#topicName(topic.name)),
      assigner: createAssigner({
        broadcasts: broadcasts.map((topic) => this.#topicName(topic.name)),
        tasks: (partitionsOf) => tasksOf(this.#processor, partitionsOf),
        topicName: (topic) => this.#topicName(topic),
        owned: () => [...this.#runners.keys()],
      }),
      sessionTimeoutMs,
      partitionBytes: PARTITION_BYTES,
      joined: ({ memberId, assignment }) => {
        this.#outage.end();
        backoff.reset();
        this.#memberId = memberId;
        this.#assign(assignment);
        this.#host.onJoin?.();
      },
      take: (delivery) => this.#receive(delivery),
    });
  }

  async #closeSession(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.close();
  }

  /** The group has said which partitions are this member's. Called before anything is fetched of them. */
  #assign(assignment: Assignment): void {
    if (this.#session === null || this.#stopping) return;
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

  /** Points the client at what the tasks want to read: from where, and nothing else. */
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

  /** Nearly always there is nothing to wait for. */
  #receive(delivery: Delivery): Promise<void> | undefined {
    const preparing = this.#host.codec.prepare(valuesOf(delivery));
    if (preparing === undefined) return this.#take(delivery);
    return preparing.then(
      () => this.#take(delivery),
      (error: unknown) => this.#failure.reject(error),
    );
  }

  #take(delivery: Delivery): Promise<void> | undefined {
    if (this.#stopping) return undefined;
    try {
      this.#handOver(delivery);
    } catch (error) {
      this.#failure.reject(error);
      return undefined;
    }
    const pauseMs = this.#pace?.take(delivery.count) ?? 0;
    const reliefs = [...this.#runners.values()].flatMap((runner) => runner.relief() ?? []);
    if (pauseMs <= 0 && reliefs.length === 0) return undefined;
    const pause = sleep(Math.max(0, pauseMs), undefined, { signal: this.#host.signal }).catch(() => {});
    return Promise.all([pause, ...reliefs]).then(() => {});
  }

  #handOver(delivery: Delivery): void {
    const topic = this.#names.topicOf(delivery.topic);
    for (const runner of this.#runners.values()) runner.take(topic, delivery);
    // The client goes on after the delivery. A task that has not come as far, since its position lies before, is read for again.
    const behind = this.#behind(topic, delivery.partition, delivery.next);
    if (behind !== null) this.#session?.seek(delivery.topic, delivery.partition, behind);
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
    const hint = [...positions].map(([topic, { offset, metadata }]) => {
      return { topic: this.#topicName(topic), partition: id.partition, position: offset, metadata };
    });
    this.#session?.commitHint(hint);
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
    await this.#admin.close();
  }

  #createTaskHost(): TaskHost<Out> {
    const { logger, metrics, codec, commitIntervalMs } = this.#host;
    const commits = this.#host.commits ?? this.#transactions();
    const { reads, broadcasts } = this.#processor;
    return {
      commits,
      commitIntervalMs,
      logger,
      metrics: metrics === undefined ? null : createTaskMetrics(metrics, this.#processor.name),
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
    const { kafka, codec, prefix, logger } = this.#host;
    const transactions: Commits<OutputRecord> = createTransactions({
      kafka,
      admin: this.#admin,
      codec,
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
