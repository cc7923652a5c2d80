import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { createLogger } from '../logger.ts';
import type { Commits, Committed, Flush, StartPosition, Task, TaskId } from '../task.ts';
import { TaskLost } from '../task-lost.ts';
import type { Delivery } from './client.ts';
import { createTaskMetrics } from './task-metrics.ts';
import { type TaskHost, TaskRunner } from './task-runner.ts';

const id: TaskId = { processor: 'p', topics: ['in'], partition: 2 };

test('folds each record once, whatever batches come: older ones, overlapping ones, ones that leave a gap', async () => {
  const world = createWorld({ end: 20 });
  const runner = start(world);
  await until(() => world.wants(runner) === 'in@0');
  world.take(runner, 0, 5);
  world.take(runner, 0, 5);
  world.take(runner, 9, 12);
  world.take(runner, 3, 9);
  world.take(runner, 0, 5);
  world.take(runner, 9, 12);
  assert.deepEqual(world.task().folded, [
    'in 0',
    'in 1',
    'in 2',
    'in 3',
    'in 4',
    'in 5',
    'in 6',
    'in 7',
    'in 8',
    'in 9',
    'in 10',
    'in 11',
  ]);
  assert.equal(world.wants(runner), 'in@12');
});

test('markers and holes move the position on, and the position is committed', async () => {
  const world = createWorld({ end: 20 });
  const runner = start(world);
  await until(() => world.wants(runner) === 'in@0');
  runner.take('in', delivery(0, 9, [record(1), record(4)]));
  runner.take('in', delivery(9, 12, []));
  await until(() => world.committed.get('in')?.offset === 12);
  assert.deepEqual(world.task().folded, ['in 1', 'in 4']);
});

test('gives nothing out before it has come to what was committed', async () => {
  const world = createWorld({ end: 20, committed: 10, start: { at: 'offset', offset: 4 } });
  const runner = start(world);
  await until(() => world.wants(runner) === 'in@4');
  world.take(runner, 4, 9);
  await intervals();
  assert.equal(world.task().flushes, 0);
  world.take(runner, 9, 13);
  await until(() => world.committed.get('in')?.offset === 13);
});

test('never begins beyond what was committed, whatever time is asked for', async () => {
  const world = createWorld({ end: 20, committed: 10, start: { at: 'timestamp', ms: 5 }, timestampOffset: 17 });
  const runner = start(world);
  await until(() => world.wants(runner) === 'in@10');
});

test('begins where it asks to when nothing was ever committed, and commits that it did', async () => {
  const world = createWorld({ end: 20, start: { at: 'timestamp', ms: 5 }, timestampOffset: 20 });
  const runner = start(world);
  await until(() => world.wants(runner) === 'in@20');
  await until(() => world.committed.get('in')?.offset === 20);
});

test('where the broker refuses positions, a task whose place is not in the log ends the process; any other goes on', async () => {
  const world = createWorld({ end: 20 });
  const runner = start(world);
  await until(() => world.wants(runner) === 'in@0');
  world.take(runner, 0, 15);
  await until(() => world.committed.get('in')?.offset === 15);
  runner.refused();
  await intervals();
  assert.deepEqual([world.opened, world.failures.length], [2, 0]);
  world.end = 10;
  runner.rebalanced();
  await intervals();
  assert.equal(world.failures.length, 0, 'it is not asked where nothing was refused');
  runner.refused();
  await until(() => world.failures.length > 0);
  assert.equal((world.failures[0] as { code?: string }).code, 'committed_beyond_end');
});

test('counts what it reads, restores, commits and loses', async () => {
  const world = createWorld({ end: 20, committed: 5, start: { at: 'offset', offset: 2 } });
  const runner = start(world);
  await until(() => world.wants(runner) === 'in@2');
  world.take(runner, 2, 8);
  await until(() => world.committed.get('in')?.offset === 8);
  const told = async (name: string) => {
    const text = await world.registry.metrics();
    return Number(new RegExp(`^apportion_task_${name} (\\S+)$`, 'm').exec(text)?.[1]);
  };
  assert.equal(await told('read_records_total{processor="p",topic="in"}'), 6);
  assert.equal(await told('commit_seconds_count{processor="p"}'), 1);
  assert.equal(await told('live{processor="p"}'), 1);
  world.failNext = new TaskLost('unknown', 'the answer was lost', 'wait');
  world.take(runner, 8, 9);
  await until(() => world.tasks.length === 2);
  assert.equal(await told('lost_total{processor="p"}'), 1);
  await until(() => world.wants(runner) === 'in@2');
  world.take(runner, 2, 9);
  await until(() => world.committed.get('in')?.offset === 9);
  assert.equal(await told('restore_seconds_count{processor="p"}'), 2);
  await runner.close();
  assert.equal(await told('live{processor="p"}'), 0);
});

test('reads broadcasts to the end they had before any input, and on from there', async () => {
  const world = createWorld({ end: 20, broadcastEnd: 3 });
  const runner = start(world);
  await until(() => world.wants(runner) === 'all@0');
  world.take(runner, 0, 5);
  runner.take('all', delivery(0, 2, [record(0), record(1)], 0));
  assert.deepEqual(world.task().folded, ['all 0', 'all 1']);
  runner.take('all', delivery(2, 3, [record(2)], 0));
  assert.equal(world.wants(runner), 'all@3 in@0');
  world.take(runner, 0, 1);
  assert.deepEqual(world.task().folded, ['all 0', 'all 1', 'all 2', 'in 0']);
});

test('after a commit that was not confirmed it begins anew, from what is committed', async () => {
  const world = createWorld({ end: 20 });
  const runner = start(world);
  await until(() => world.wants(runner) === 'in@0');
  world.take(runner, 0, 5);
  await until(() => world.committed.get('in')?.offset === 5);
  world.failNext = new TaskLost('unknown', 'no answer', 'wait');
  world.take(runner, 5, 8);
  await until(() => world.tasks.length === 2 && world.wants(runner) === 'in@0');
  assert.deepEqual(world.task().restoredFrom, 5);
  world.take(runner, 0, 8);
  await until(() => world.committed.get('in')?.offset === 8);
});

test('an error that trying again would not help ends everything', async () => {
  const world = createWorld({ end: 20 });
  const runner = start(world);
  await until(() => world.wants(runner) === 'in@0');
  world.failNext = new TypeError('a bug');
  world.take(runner, 0, 5);
  await until(() => world.failures.length === 1);
  assert.match(String(world.failures[0]), /a bug/);
});

test('folds on while a commit is under way, and commits one flush at a time', async () => {
  const world = createWorld({ end: 20 });
  const runner = start(world);
  await until(() => world.wants(runner) === 'in@0');
  const release = world.holdCommits();
  world.take(runner, 0, 5);
  await until(() => world.underWay === 1);
  world.take(runner, 5, 9);
  await intervals();
  assert.equal(world.task().flushes, 1);
  assert.equal(world.task().folded.length, 9);
  release();
  await until(() => world.committed.get('in')?.offset === 9);
  assert.equal(world.mostUnderWay, 1);
});

test('what comes after a quiet time does not wait for the interval, what comes right after it does', async () => {
  const world = createWorld({ end: 20, commitIntervalMs: 1_000_000 });
  const runner = start(world);
  await until(() => world.wants(runner) === 'in@0');
  await until(() => world.task().flushes === 1);
  world.take(runner, 0, 5);
  world.take(runner, 5, 7);
  await until(() => world.committed.get('in')?.offset === 7);
  world.take(runner, 7, 9);
  await intervals();
  assert.deepEqual([world.committed.get('in')?.offset, world.task().flushes], [7, 2]);
});

test('too much input makes reading wait for the flush', async () => {
  const world = createWorld({ end: 1_000 });
  const runner = start(world);
  await until(() => world.wants(runner) === 'in@0');
  const release = world.holdCommits();
  const big = Buffer.alloc(16 * 1024 * 1024);
  const takeBig = (offset: number) => runner.take('in', delivery(offset, offset + 1, [record(offset, big)]));
  takeBig(0);
  await until(() => world.underWay === 1);
  let offset = 1;
  while (runner.relief() === undefined && offset < 100) takeBig(offset++);
  assert.ok(offset < 20, `${offset} times 16 MiB`);
  release();
  await runner.relief();
  assert.equal(runner.relief(), undefined);
  await until(() => world.committed.get('in')?.offset === offset);
});

test('keeps its state over a rebalance when nobody else has committed, and begins anew when somebody has', async () => {
  const world = createWorld({ end: 20 });
  const runner = start(world);
  await until(() => world.wants(runner) === 'in@0');
  world.take(runner, 0, 5);
  await until(() => world.committed.get('in')?.offset === 5);
  runner.rebalanced();
  await until(() => world.opened === 2);
  world.take(runner, 5, 7);
  await until(() => world.committed.get('in')?.offset === 7);
  assert.equal(world.tasks.length, 1);

  world.committed.set('in', { offset: 11, metadata: 'another' });
  runner.rebalanced();
  await until(() => world.tasks.length === 2, 10_000);
  assert.equal(world.task().restoredFrom, 11);
});

test('asks its group again before it first writes: what was answered too low while it restored writes nothing', async () => {
  const world = createWorld({ end: 20, committed: 3, start: { at: 'offset', offset: 0 }, inGroup: true });
  const runner = start(world);
  await until(() => world.wants(runner) === 'in@0');
  world.committed.set('in', { offset: 9, metadata: '' });
  world.take(runner, 0, 5);
  await until(() => world.tasks.length === 2 && world.wants(runner) === 'in@0');
  assert.deepEqual([world.task().restoredFrom, world.tasks[0]?.flushes, world.underWay], [9, 0, 0]);
  world.take(runner, 0, 12);
  await until(() => world.committed.get('in')?.offset === 12);
  assert.equal(world.opened, 4);
});

test('flushes and commits what it has when it is to finish', async () => {
  const world = createWorld({ end: 20, commitIntervalMs: 1_000_000 });
  const runner = start(world);
  await until(() => world.wants(runner) === 'in@0');
  await until(() => world.task().flushes === 1);
  world.take(runner, 0, 5);
  await runner.finish();
  assert.equal(world.committed.get('in')?.offset, 5);
  assert.equal(world.closed, 1);
  world.take(runner, 5, 6);
  assert.equal(world.task().folded.length, 5);
});

test('lets a commit arrive when it is closed, and writes nothing after', async () => {
  const world = createWorld({ end: 20 });
  const runner = start(world);
  await until(() => world.wants(runner) === 'in@0');
  const release = world.holdCommits();
  world.take(runner, 0, 5);
  await until(() => world.underWay === 1);
  world.take(runner, 5, 9);
  const closing = runner.close();
  assert.equal(world.closed, 0);
  release();
  await closing;
  assert.deepEqual([world.committed.get('in')?.offset, world.closed, world.task().flushes], [5, 1, 1]);
});

test('is opened only when the runner before it is through', async () => {
  const world = createWorld({ end: 20 });
  const before = Promise.withResolvers<void>();
  start(world, before.promise);
  await intervals();
  assert.equal(world.opened, 0);
  before.resolve();
  await until(() => world.opened === 1);
});

test('refuses to commit a position of what is no input', async () => {
  const world = createWorld({ end: 20, foreignTopic: 'all' });
  const runner = start(world);
  await until(() => world.wants(runner) === 'in@0');
  world.take(runner, 0, 1);
  await until(() => world.failures.length === 1);
  assert.match(String(world.failures[0]), /all, which is no input/);
});

const started = new Map<TaskRunner<string>, World>();
afterEach(async () => {
  for (const [runner, world] of started) {
    world.release();
    await runner.close();
  }
  started.clear();
});

function start(world: World, after?: Promise<void>): TaskRunner<string> {
  const runner = new TaskRunner(id, world.host, after);
  started.set(runner, world);
  return runner;
}

interface WorldOptions {
  readonly end: number;
  readonly committed?: number;
  readonly start?: StartPosition;
  readonly timestampOffset?: number;
  readonly broadcastEnd?: number;
  readonly commitIntervalMs?: number;
  readonly foreignTopic?: string;
  readonly inGroup?: boolean;
}

/** A task that notes what it is given, and a place for its positions that fails and waits as it is told. */
class NotingTask implements Task<string> {
  readonly folded: string[] = [];
  restoredFrom: number | null = null;
  flushes = 0;
  readonly #options: WorldOptions;
  #position = 0;
  #committed = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
  }

  restore(committed: ReadonlyMap<string, Committed>): ReadonlyMap<string, StartPosition> {
    this.restoredFrom = committed.get('in')?.offset ?? null;
    this.#committed = this.restoredFrom ?? 0;
    this.#position = this.#committed;
    return new Map([['in', this.#options.start ?? { at: 'beginning' }]]);
  }

  fold({ topic, offset }: { topic: string; offset: number }): void {
    this.folded.push(`${topic} ${offset}`);
  }

  advance(topic: string, offset: number): void {
    if (topic === 'in') this.#position = Math.max(this.#position, offset);
  }

  flush(): Flush<string> | null {
    this.flushes++;
    if (this.#position === this.#committed) return null;
    this.#committed = this.#position;
    const topic = this.#options.foreignTopic ?? 'in';
    return { records: [], committed: new Map([[topic, { offset: this.#position, metadata: '' }]]) };
  }
}

class World implements Commits<string> {
  readonly inGroup: boolean;
  readonly toBeginAnew = 'forget';
  readonly committed = new Map<string, Committed>();
  readonly tasks: NotingTask[] = [];
  readonly failures: unknown[] = [];
  readonly registry = new Registry();
  readonly host: TaskHost<string>;
  failNext: Error | null = null;
  /** Of the input. */
  end: number;
  opened = 0;
  closed = 0;
  underWay = 0;
  mostUnderWay = 0;
  #gate: Promise<void> = Promise.resolve();
  release = (): void => {};

  constructor(options: WorldOptions) {
    this.inGroup = options.inGroup === true;
    this.end = options.end;
    if (options.committed !== undefined) this.committed.set('in', { offset: options.committed, metadata: '' });
    this.host = {
      commits: this,
      commitIntervalMs: options.commitIntervalMs ?? 5,
      logger: createLogger('silent'),
      metrics: createTaskMetrics(this.registry, 'p'),
      broadcasts: options.broadcastEnd === undefined ? [] : ['all'],
      createTask: () => {
        const task = new NotingTask(options);
        this.tasks.push(task);
        return task;
      },
      extentOf: async (topic) => ({ low: 0, end: topic === 'all' ? (options.broadcastEnd ?? 0) : this.end }),
      startOffset: async (_topic, _partition, start) => {
        if (start.at === 'timestamp') return options.timestampOffset ?? 0;
        return start.at === 'offset' ? start.offset : 0;
      },
      wantsChanged: () => {},
      committed: () => {},
      fail: (error) => void this.failures.push(error),
    };
  }

  task(): NotingTask {
    const task = this.tasks.at(-1);
    assert.ok(task);
    return task;
  }

  wants(runner: TaskRunner<string>): string {
    return runner
      .wants()
      .map(({ topic, position }) => `${topic}@${position}`)
      .join(' ');
  }

  take(runner: TaskRunner<string>, from: number, next: number): void {
    const records = Array.from({ length: next - from }, (_, index) => record(from + index));
    runner.take('in', delivery(from, next, records));
  }

  /** Commits wait until the function that it gives is called. */
  holdCommits(): () => void {
    const gate = Promise.withResolvers<void>();
    this.#gate = gate.promise;
    this.release = gate.resolve;
    return gate.resolve;
  }

  async open(): Promise<ReadonlyMap<string, Committed>> {
    this.opened++;
    return new Map(this.committed);
  }

  async commit(_task: TaskId, flush: Flush<string>): Promise<void> {
    this.underWay++;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    await this.#gate;
    this.underWay--;
    const failure = this.failNext;
    this.failNext = null;
    if (failure !== null) throw failure;
    for (const [topic, position] of flush.committed) this.committed.set(topic, position);
  }

  async close(): Promise<void> {
    this.closed++;
  }
}

function createWorld(options: WorldOptions): World {
  return new World(options);
}

interface FakeRecord {
  readonly offset: number;
  readonly value: Buffer | null;
}

function record(offset: number, value: Buffer | null = null): FakeRecord {
  return { offset, value };
}

function delivery(from: number, next: number, records: readonly FakeRecord[], partition = 2): Delivery {
  return {
    topic: '',
    partition,
    from,
    next,
    count: records.length,
    offsetAt: (index) => records[index]?.offset ?? Number.NaN,
    keyAt: () => null,
    valueAt: (index) => records[index]?.value ?? null,
    timestampMsAt: () => 0,
    headersAt: () => [],
  };
}

async function until(condition: () => boolean, limitMs = 5_000): Promise<void> {
  const endMs = Date.now() + limitMs;
  while (!condition()) {
    assert.ok(Date.now() < endMs, `in vain: ${condition}`);
    await sleep(1);
  }
}

/** Several commit intervals: enough for whatever should not happen to happen. */
async function intervals(): Promise<void> {
  await sleep(50);
}
