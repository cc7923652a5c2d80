import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Topic } from '../../schemas/topics.ts';
import { createLocalCodec } from '../kafka/codec.ts';
import { type Committed, defineProcessor, type InputRecord, output, type Task, Undecodable } from '../task.ts';
import { MemoryCluster } from './cluster.ts';

const { PROPERTY_RUNS = '500' } = process.env;

test('folds every record exactly once, whatever is crashed, fenced or rebalanced between any two steps', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1_000_000), { minLength: 20, maxLength: 300 }), (choices) => {
      const { cluster, send } = world();
      const members = [cluster.runner(sums, null), cluster.runner(sums, null)];
      for (const choice of choices) {
        const member = members[choice % 2];
        if (choice % 3 === 0) send([choice % 7, 1 + (choice % 5)]);
        if (choice % 11 === 0) member?.crash();
        else if (choice % 13 === 0) member?.rebalance((task) => (task.partition + choice) % 2 === 0);
        else if (choice % 17 === 0) member?.rebalance(() => true);
        else member?.step(Math.floor(choice / 2));
      }
      members[0]?.rebalance(() => true);
      members[1]?.rebalance(() => false);
      cluster.drain();
      assert.deepEqual(lastTotals(cluster), expectedTotals(cluster));
      for (const partition of [0, 1, 2]) {
        assert.equal(
          cluster.committed('sum', source as never, partition)?.offset ?? 0,
          cluster.end(source as never, partition),
        );
      }
    }),
    { numRuns: Number(PROPERTY_RUNS) / 5 },
  );
});

test('shows no record of an open or an aborted transaction, unless it is told to leak', () => {
  const { cluster, send } = world();
  const runner = cluster.runner(sums, null);
  send([1, 10]);
  while (runner.step() !== 'write');
  runner.crash();
  assert.equal(cluster.read(target).length, 0);

  const seen: number[] = [];
  const reader = cluster.runner(
    watcher((value) => seen.push(value)),
    null,
  );
  reader.drain();
  assert.deepEqual(seen, [], 'an open transaction is waited for');
  runner.drain();
  reader.drain();
  assert.deepEqual(seen, [10], 'an aborted one is passed over');
  cluster.leaks = true;
  reader.crash();
  reader.drain();
  assert.deepEqual(seen, [10, 10, 10]);
});

test('reads broadcasts to their end before any input', () => {
  const { cluster, send } = world();
  const order: string[] = [];
  cluster.append(rates, [{ factor: 3 }, { factor: 4 }]);
  send([0, 1]);
  cluster.runner(noting(order), null).drain();
  assert.deepEqual(
    order.filter((line) => line !== 'in'),
    ['rate', 'rate', 'rate', 'rate', 'rate', 'rate'],
  );
  assert.deepEqual(order.slice(0, 2), ['rate', 'rate']);
  assert.ok(order.indexOf('in') >= 2);
});

test('gives none of its output again when it is restored', () => {
  const { cluster, send } = world();
  const runner = cluster.runner(sums, null);
  for (const second of [1, 2, 3]) {
    cluster.nowMs = second * 1000;
    send([5, second]);
    runner.drain();
  }
  const written = cluster.read(target).length;
  runner.crash();
  runner.drain();
  assert.equal(cluster.read(target).length, written);
});

interface Item {
  readonly key: number;
  readonly amount: number;
}

interface Total {
  readonly key: number;
  readonly sum: number;
}

const avro = (name: string, ...fields: string[]) => ({
  type: 'record',
  name,
  fields: fields.map((field) => ({ name: field, type: 'long' })),
});

const common = {
  keyText: '',
  cleanup: { policy: 'compact', lagDays: 0 },
  maxRecordBytes: 1024,
  judgedByTimestamps: false,
  public: false,
  writtenBy: [],
  readBy: [],
  doc: '',
} as const;

const source: Topic<Item> = {
  ...common,
  name: 'in',
  key: (item) => String(item.key),
  partitioning: { by: 'text', of: (item) => String(item.key) },
  schema: avro('Item', 'key', 'amount'),
};

const target: Topic<Total> = {
  ...common,
  name: 'out',
  key: (total) => String(total.key),
  partitioning: { by: 'text', of: (total) => String(total.key) },
  schema: avro('Total', 'key', 'sum'),
};

const rates: Topic<{ factor: number }> = {
  ...common,
  name: 'rates',
  key: () => 'rate',
  partitioning: { by: 'single' },
  schema: avro('Rate', 'factor'),
};

function world() {
  const codec = createLocalCodec([source, target, rates]);
  const cluster = new MemoryCluster({ partitions: 3, codec });
  const send = (...items: [number, number][]) =>
    cluster.append(
      source,
      items.map(([key, amount]) => ({ key, amount })),
    );
  return { cluster, send };
}

/** Sums per key; not idempotent, so that a record folded twice or not at all shows. */
const sums = defineProcessor<null>({
  name: 'sum',
  reads: [source],
  taskPer: 'topic-partition',
  broadcasts: [],
  writes: [target],
  createTask: (_config, { codec }): Task => {
    const totals = new Map<number, number>();
    let changed = new Set<number>();
    let position = 0;
    let committed = 0;
    return {
      restore: (positions: ReadonlyMap<string, Committed>) => {
        committed = positions.get('in')?.offset ?? 0;
        position = committed;
        return new Map([['in', { at: 'beginning' }]]);
      },
      fold: (record: InputRecord) => {
        const item = record.value === null ? null : codec.decode(source, record.value);
        if (item === null || item instanceof Undecodable) throw new Error('unexpected');
        totals.set(item.key, (totals.get(item.key) ?? 0) + item.amount);
        if (record.offset >= committed) changed.add(item.key);
      },
      advance: (_topic, offset) => {
        position = Math.max(position, offset);
      },
      flush: () => {
        if (position === committed) return null;
        const records = [...changed].map((key) => output(codec, target, { key, sum: totals.get(key) ?? 0 }));
        changed = new Set();
        committed = position;
        return { records, committed: new Map([['in', { offset: position, metadata: '' }]]) };
      },
    };
  },
});

function watcher(see: (value: number) => void) {
  return defineProcessor<null>({
    name: 'watch',
    reads: [target],
    taskPer: 'partition',
    broadcasts: [],
    writes: [],
    createTask: (_config, { codec }): Task => ({
      restore: () => new Map([['out', { at: 'beginning' }]]),
      fold: ({ value }) => {
        const total = value === null ? null : codec.decode(target, value);
        if (total !== null && !(total instanceof Undecodable)) see(total.sum);
      },
      advance: () => {},
      flush: () => null,
    }),
  });
}

function noting(order: string[]) {
  return defineProcessor<null>({
    name: 'note',
    reads: [source],
    taskPer: 'partition',
    broadcasts: [rates],
    writes: [],
    createTask: (): Task => ({
      restore: () => new Map([['in', { at: 'beginning' }]]),
      fold: ({ topic }) => order.push(topic === 'in' ? 'in' : 'rate'),
      advance: () => {},
      flush: () => null,
    }),
  });
}

function expectedTotals(cluster: MemoryCluster): Map<number, number> {
  const sums = new Map<number, number>();
  for (const item of cluster.read(source)) sums.set(item.key, (sums.get(item.key) ?? 0) + item.amount);
  return sums;
}

function lastTotals(cluster: MemoryCluster): Map<number, number> {
  const last = new Map<number, number>();
  for (const total of cluster.read(target)) last.set(total.key, total.sum);
  return last;
}
