import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Backoff } from '../retry.ts';
import type { Commits, Committed, Flush, StartPosition, Task, TaskId } from '../task.ts';
import { TaskLost } from '../task-lost.ts';
import { Alarm } from './alarm.ts';
import type { Delivery, Extent } from './client.ts';
import { faultOf } from './errors.ts';
import { KafkaInput } from './kafka-input.ts';
import { checkCommitted } from './positions.ts';
import { taskName } from './task-id.ts';
import type { TaskMetrics } from './task-metrics.ts';

/** What a task needs of its host. */
export interface TaskHost<Out> {
  readonly commits: Commits<Out>;
  readonly commitIntervalMs: number;
  readonly logger: Logger;
  readonly metrics: TaskMetrics | null;
  /** Broadcasts of the processor, by name without prefix. */
  readonly broadcasts: readonly string[];
  createTask(id: TaskId): Task<Out>;
  extentOf(topic: string, partition: number): Promise<Extent>;
  startOffset(topic: string, partition: number, start: StartPosition, extent: Extent): Promise<number>;
  /** Where the task wants to read has changed. */
  wantsChanged(): void;
  /** Positions are durable. */
  committed(id: TaskId, positions: ReadonlyMap<string, Committed>): void;
  /** Ends the process: trying again would not help. */
  fail(error: unknown): void;
}

/** A place that the task reads, from `position` on. */
export interface Input {
  /** Name without prefix. */
  readonly topic: string;
  readonly partition: number;
  readonly isBroadcast: boolean;
  /** The next offset to be folded. */
  position: number;
  /** Up to here the task rebuilds its state; only beyond may it flush. */
  readonly silentUntil: number;
}

/** So much input, folded but not yet flushed, calls for a flush at once; twice as much makes reading wait for it. */
const FLUSH_BYTES = 128 * 1024 * 1024;

/** What comes after a quiet time is flushed this much later, with what comes right behind it. */
const GATHER_MS = 20;

/** How long the last commit may take when the process is to end; what it held is otherwise read again. */
const FINISH_LIMIT_MS = 15_000;
const CLOSE_LIMIT_MS = 3_000;

/** A zombie hears by its next heartbeat that the task is no longer its own; until then it must not take it back. */
const FENCED_PAUSE_MS = 3_000;

/**
 * One task, from the moment this member is given it until it is taken away.
 *
 * opening: taking it over and restoring its state; nothing is read.
 * restoring: reading broadcasts to the ends they had, then inputs up to what was committed; no flush.
 * live: folding what comes; flushing every interval, one flush at a time, and folding on meanwhile. Before the first flush
 *   the group is asked once more what is committed. What comes when the last flush found nothing does not wait for the
 *   interval: it has passed since anything was written.
 * closed: nothing more happens.
 *
 * It falls back from anywhere to opening when a commit is not confirmed, with nothing kept. After a rebalance it takes
 * the task over again and goes on with the state it has if nothing else was committed in between.
 */
export class TaskRunner<Out> {
  readonly id: TaskId;
  readonly name: string;
  readonly #host: TaskHost<Out>;
  readonly #alarm = new Alarm();
  readonly #backoff = new Backoff(50, 5_000);
  readonly #closing = new AbortController();
  readonly #life: Promise<void>;
  #open: OpenTask<Out> | null = null;
  /** Take over again before the next flush, and see whether what is committed is still what was built on. */
  #recheck = false;
  /** The broker has refused a position, perhaps one of this task. */
  #isRefused = false;
  #finishing = false;
  #waitingFor: string | null = null;
  #unflushedBytes = 0;
  /** The last flush found nothing, and nothing has come since. */
  #isQuiet = false;
  #gathering: NodeJS.Timeout | undefined;
  #relief = Promise.withResolvers<void>();
  #committing: Promise<void> | null = null;
  /** Time of the oldest record since the last commit; infinity when none has come. */
  #oldestMs = Number.POSITIVE_INFINITY;
  /** Whether the metrics have been told that it is live. */
  #isCounted = false;

  /** @param after when an earlier runner of the same task in this process has given it up */
  constructor(id: TaskId, host: TaskHost<Out>, after: Promise<void> = Promise.resolve()) {
    this.id = id;
    this.name = taskName(id);
    this.#host = host;
    this.#life = this.#live(after).catch((error: unknown) => {
      this.#open = null;
      if (!this.#closing.signal.aborted) host.fail(error);
    });
  }

  /** The places to read from now. Inputs wait for the broadcasts. */
  wants(): readonly Input[] {
    if (this.#open === null) return [];
    const { broadcasts, inputs } = this.#open;
    return broadcasts.every(isReached) ? [...broadcasts, ...inputs] : broadcasts;
  }

  /**
   * Takes what was read of a partition as far as it goes on from the position; what begins beyond would leave a gap.
   *
   * @param topic its name without prefix
   */
  take(topic: string, delivery: Delivery): void {
    const open = this.#open;
    const input = this.wants().find((each) => each.topic === topic && each.partition === delivery.partition);
    if (open === null || input === undefined) return;
    if (delivery.from > input.position || delivery.next <= input.position) return;
    for (let index = 0; index < delivery.count; index++) {
      if (delivery.offsetAt(index) < input.position) continue;
      const record = new KafkaInput(input.topic, delivery, index);
      open.task.fold(record);
      this.#unflushedBytes += (record.value?.length ?? 0) + RECORD_BYTES;
    }
    this.#noteRead(open, input.topic, delivery);
    const wasReached = isReached(input);
    input.position = delivery.next;
    open.task.advance(input.topic, delivery.next);
    if (!wasReached && isReached(input)) this.#reached(open);
    if (!open.isLive) return;
    if (this.#unflushedBytes >= FLUSH_BYTES) this.#alarm.ring();
    if (this.#isQuiet) {
      this.#isQuiet = false;
      this.#gathering = setTimeout(() => this.#alarm.ring(), GATHER_MS);
    }
  }

  /** Resolves when the task can take more; at once (undefined) nearly always. */
  relief(): Promise<void> | undefined {
    if (this.#open?.isLive !== true || this.#unflushedBytes < 2 * FLUSH_BYTES) return undefined;
    return this.#relief.promise;
  }

  /** Somebody else may have had the task in between. */
  rebalanced(): void {
    this.#recheck = true;
    this.#alarm.ring();
  }

  /** A position of some task was not in the log: before it goes on, this one sees whether it is its own. */
  refused(): void {
    this.#isRefused = true;
    this.rebalanced();
  }

  /** Writes and commits what it has, and gives the task up. */
  async finish(): Promise<void> {
    this.#finishing = true;
    this.#alarm.ring();
    const limit = sleep(FINISH_LIMIT_MS, undefined, { ref: false });
    if (this.#open !== null) await Promise.race([this.#life, limit]);
    await this.close();
  }

  /** Gives the task up at once. What was not committed is folded again by its next owner. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#alarm.ring();
    this.#relieve();
    this.#open = null;
    // A commit that is on its way may as well arrive; who takes the task over does not wait for it.
    const arrived = this.#committing?.catch(() => {}) ?? Promise.resolve();
    await Promise.race([arrived, sleep(CLOSE_LIMIT_MS, undefined, { ref: false })]);
    await this.#host.commits.close(this.id);
    await this.#life;
    this.#uncount();
  }

  async #live(after: Promise<void>): Promise<void> {
    const { signal } = this.#closing;
    await after;
    while (!signal.aborted && !this.#finishing) {
      try {
        this.#recheck = false;
        const committed = await this.#host.commits.open(this.id);
        this.#open = await this.#restore(committed);
        if (signal.aborted) return;
        this.#host.wantsChanged();
        await this.#flushes(this.#open);
      } catch (error) {
        this.#open = null;
        this.#relieve();
        if (signal.aborted) return;
        if (!(error instanceof TaskLost) && faultOf(error) === 'fatal') throw error;
        await this.#lost(error);
      }
    }
  }

  /** Flushes for as long as every commit is confirmed. */
  async #flushes(open: OpenTask<Out>): Promise<void> {
    const { signal } = this.#closing;
    // By a clock that nobody sets: a time of day set back by an hour would hold the next commit up for an hour.
    for (let dueMs = performance.now(); !signal.aborted; ) {
      if (!this.#finishing) await this.#alarm.wait(Math.max(0, dueMs - performance.now()));
      if (signal.aborted) return;
      dueMs = performance.now() + this.#host.commitIntervalMs;
      if (this.#recheck) await this.#takeOverAgain(open);
      if (open.isLive) await this.#flush(open);
      if (this.#finishing) return;
    }
  }

  #noteRead(open: OpenTask<Out>, topic: string, delivery: Delivery): void {
    if (delivery.count === 0) return;
    this.#host.metrics?.read(topic, delivery.count);
    if (open.isLive) this.#oldestMs = Math.min(this.#oldestMs, delivery.timestampMsAt(0));
  }

  async #flush(open: OpenTask<Out>): Promise<void> {
    clearTimeout(this.#gathering);
    const begunMs = performance.now();
    const flush = open.task.flush(Date.now());
    this.#tellWaiting(open.task.waitingFor ?? null);
    this.#relieve();
    this.#isQuiet = flush === null;
    if (flush === null) return;
    const oldestMs = this.#oldestMs;
    this.#oldestMs = Number.POSITIVE_INFINITY;
    checkFlush(this.id, flush);
    this.#committing = this.#host.commits.commit(this.id, flush);
    await this.#committing.finally(() => {
      this.#committing = null;
    });
    for (const [topic, position] of flush.committed) open.committed.set(topic, position);
    const delaySeconds = Number.isFinite(oldestMs) ? Math.max(0, Date.now() - oldestMs) / 1000 : null;
    const seconds = (performance.now() - begunMs) / 1000;
    this.#host.metrics?.committed(flush.records.length, flush.refused ?? 0, seconds, delaySeconds);
    this.#backoff.reset();
    this.#host.committed(this.id, flush.committed);
  }

  /** Once each time that it begins. */
  #tellWaiting(waitingFor: string | null): void {
    if (waitingFor !== null && this.#waitingFor === null) this.#host.logger.warn(`${this.name}: ${waitingFor}`);
    this.#waitingFor = waitingFor;
  }

  /** Where the broker does not have the place to read from, waiting for it to come would leave a gap. */
  async #checkPositions({ inputs }: OpenTask<Out>): Promise<void> {
    if (!this.#isRefused) return;
    for (const { topic, partition, position } of inputs) {
      const extent = await this.#host.extentOf(topic, partition);
      checkCommitted(this.name, topic, { offset: position }, extent, this.#host.commits.toBeginAnew);
    }
    this.#isRefused = false;
  }

  #count(restoredSeconds: number): void {
    this.#isCounted = true;
    this.#host.metrics?.live(restoredSeconds);
  }

  #uncount(): void {
    if (this.#isCounted) this.#host.metrics?.ended();
    this.#isCounted = false;
  }

  #relieve(): void {
    this.#unflushedBytes = 0;
    this.#relief.resolve();
    this.#relief = Promise.withResolvers();
  }

  async #takeOverAgain(open: OpenTask<Out>): Promise<void> {
    this.#recheck = false;
    const committed = await this.#host.commits.open(this.id);
    if (isSame(committed, open.committed)) return await this.#checkPositions(open);
    throw new TaskLost('unknown', `${this.name} was committed by another owner in between.`, 'Nothing to do.');
  }

  async #lost(error: unknown): Promise<void> {
    const isFenced = error instanceof TaskLost && error.outcome === 'fenced';
    const pauseMs = isFenced ? FENCED_PAUSE_MS * (0.5 + Math.random() / 2) : this.#backoff.nextMs();
    const reason = error instanceof Error ? error.message : String(error);
    this.#uncount();
    this.#host.metrics?.lost();
    this.#host.logger.warn({ task: this.name, reason }, `${this.name}: opening it anew, since ${reason}`);
    this.#host.wantsChanged();
    await sleep(pauseMs, undefined, { signal: this.#closing.signal }).catch(() => {});
  }

  async #restore(positions: ReadonlyMap<string, Committed>): Promise<OpenTask<Out>> {
    const { id, name } = this;
    const { commits, logger, broadcasts: broadcastNames, extentOf } = this.#host;
    const begunMs = performance.now();
    const task = this.#host.createTask(id);
    const extents = new Map<string, Extent>();
    for (const topic of broadcastNames) extents.set(topic, await extentOf(topic, 0));
    for (const topic of id.topics) extents.set(topic, await extentOf(topic, id.partition));
    const ends = new Map([...extents].map(([topic, extent]) => [topic, extent.end]));
    const starts = task.restore(positions, ends);

    const broadcasts = broadcastNames.map((topic): Input => {
      const { low, end } = extents.get(topic) ?? NOWHERE;
      return { topic, partition: 0, isBroadcast: true, position: low, silentUntil: end };
    });
    const inputs: Input[] = [];
    for (const topic of id.topics) {
      const extent = extents.get(topic) ?? NOWHERE;
      const committed = positions.get(topic);
      const start = starts.get(topic) ?? { at: 'beginning' };
      const offset = await this.#host.startOffset(topic, id.partition, start, extent);
      const silentUntil =
        committed === undefined ? offset : checkCommitted(name, topic, committed, extent, commits.toBeginAnew);
      const position = Math.min(offset, silentUntil);
      inputs.push({ topic, partition: id.partition, isBroadcast: false, position, silentUntil });
      // What is passed over at the very first start is committed as read: whoever waits for the task counts from there.
      if (committed === undefined && position > extent.low) task.advance(topic, position);
    }
    const open = { task, broadcasts, inputs, committed: new Map(positions), isLive: false, begunMs };
    this.#unflushedBytes = 0;
    this.#isQuiet = false;
    this.#reached(open);
    logger.debug({ task: name, inputs, broadcasts }, `${name}: opened`);
    return open;
  }

  /** A place has come as far as it must: now others may be read, or the task is live. */
  #reached(open: OpenTask<Out>): void {
    if (open.isLive || !open.broadcasts.every(isReached)) return;
    open.isLive = open.inputs.every(isReached);
    if (open.isLive) {
      this.#unflushedBytes = 0;
      // The coordinator of a group may have answered from a part of its log while it was reading it after a restart.
      this.#recheck = this.#host.commits.inGroup === true;
      const restoredMs = Math.round(performance.now() - open.begunMs);
      this.#count(restoredMs / 1000);
      this.#host.logger.info({ task: this.name, restoredMs }, `${this.name}: live`);
    }
    if (this.#open === open) this.#host.wantsChanged();
  }
}

/** What a record takes beside its value, roughly. */
const RECORD_BYTES = 64;

const NOWHERE: Extent = { low: 0, end: 0 };

interface OpenTask<Out> {
  readonly task: Task<Out>;
  readonly broadcasts: readonly Input[];
  readonly inputs: readonly Input[];
  readonly committed: Map<string, Committed>;
  isLive: boolean;
  readonly begunMs: number;
}

function isReached(input: Input): boolean {
  return input.position >= input.silentUntil;
}

function isSame(a: ReadonlyMap<string, Committed>, b: ReadonlyMap<string, Committed>): boolean {
  return (
    a.size === b.size &&
    [...a].every(([topic, { offset, metadata }]) => {
      const other = b.get(topic);
      return other !== undefined && other.offset === offset && other.metadata === metadata;
    })
  );
}

function checkFlush<Out>(id: TaskId, flush: Flush<Out>): void {
  for (const topic of flush.committed.keys()) {
    if (!id.topics.includes(topic))
      throw new Error(`${taskName(id)} commits a position of ${topic}, which is no input`);
  }
}
