import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PlainMeter } from '../../operations/verify/plain-meter.ts';
import { createLocalCodec } from '../../runtime/kafka/codec.ts';
import { MemoryCluster } from '../../runtime/memory/cluster.ts';
import {
  type Codec,
  type Committed,
  type Flush,
  type InputRecord,
  type Task,
  Undecodable,
} from '../../runtime/task.ts';
import { addDays, dayOf } from '../../schemas/day.ts';
import type { DeadLetter } from '../../schemas/dead-letter.ts';
import type { Day } from '../../schemas/scalars.ts';
import { calls, deadLetters, usage, usageTotals } from '../../schemas/topics.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';
import { meter } from '../meter.ts';
import type { MeterConfig } from './meter-task.ts';
import { callHistories, sampleHistories } from './testing/histories.ts';

const { PROPERTY_RUNS = '500' } = process.env;
const numRuns = Number(PROPERTY_RUNS);
const codec = createLocalCodec();

const histories = fc.oneof(callHistories, sampleHistories);
const configs = fc.record({ openDays: fc.integer({ min: 1, max: 3 }), maxCallHours: fc.constantFrom(24, 48) });

test('counts as the plain meter does, whatever comes and whenever it is flushed', () => {
  fc.assert(
    fc.property(histories, configs, fc.array(fc.boolean()), (history, config, flushes) => {
      const task = open(history, config, new Map());
      const flushed: Flush[] = [];
      for (const [i, record] of history.entries()) {
        task.fold(record);
        if (flushes[i % flushes.length] ?? false) flushed.push(...flushOf(task));
      }
      flushed.push(...flushOf(task));
      assert.deepEqual(writtenBy(flushed), meterPlainly(history, codec, config));
    }),
    { numRuns },
  );
});

test('a replay counts its days as the plain meter does where no day closes', () => {
  const ranges = fc.record({ first: fc.nat(6), days: fc.integer({ min: 1, max: 4 }), marginDays: fc.nat(3) });
  fc.assert(
    fc.property(histories, configs, ranges, (history, config, { first, days, marginDays }) => {
      const begin = Math.min(...history.map(({ timestampMs }) => dayOf(timestampMs)));
      const replay = {
        days: { from: addDays(begin as Day, first), to: addDays(begin as Day, first + days) },
        marginDays,
      };
      const topic = history[0]?.topic === usage.name ? usage : calls;
      const task = meter.createTask({ ...config, replay }, { partition: 2, topics: [topic], codec });
      task.restore(new Map());
      for (const record of history) task.fold(record);
      const plain = new PlainMeter(codec, { ...config, openDays: Number.POSITIVE_INFINITY, ...replay });
      for (const record of history) plain.take(record);
      assert.deepEqual(writtenBy(flushOf(task)).totals, plain.totals);
    }),
    { numRuns },
  );
});

test('goes on after a restart as if there had been none, byte for byte, wherever it falls', () => {
  fc.assert(
    fc.property(histories, configs, (history, config) => {
      const task = open(history, config, new Map());
      const undisturbed = history.map((record) => bytesOf(foldAndFlush(task, record)));
      for (const [restart, before] of undisturbed.entries()) {
        const restored = open(history, config, before.committed);
        const after = history.slice(restart + 1).map((record) => bytesOf(foldAndFlush(restored, record)));
        assert.deepEqual(after, undisturbed.slice(restart + 1), `restarted after ${restart}`);
      }
    }),
    { numRuns: numRuns / 5 },
  );
});

test('restores from the beginning when the committed text is lost', () => {
  fc.assert(
    fc.property(histories, configs, fc.nat(), (history, config, choice) => {
      const restart = choice % history.length;
      const task = open(history, config, new Map());
      const undisturbed = history.map((record) => bytesOf(foldAndFlush(task, record)));
      const committed = new Map(
        [...(undisturbed[restart]?.committed ?? [])].map(([topic, { offset }]) => [topic, { offset, metadata: '' }]),
      );
      const restored = open(history, config, committed);
      const after = history.slice(restart + 1).map((record) => bytesOf(foldAndFlush(restored, record)));
      assert.deepEqual(after, undisturbed.slice(restart + 1));
    }),
    { numRuns: numRuns / 5 },
  );
});

test('a record that is folded again changes nothing', () => {
  fc.assert(
    fc.property(histories, configs, fc.array(fc.nat(20)), (history, config, backs) => {
      const task = open(history, config, new Map());
      const flushed: Flush[] = [];
      for (const [i, record] of history.entries()) {
        for (const again of history.slice(Math.max(0, i - (backs[i] ?? 0)), i)) task.fold(again);
        task.fold(record);
        task.fold(record);
        flushed.push(...flushOf(task));
      }
      assert.deepEqual(writtenBy(flushed), meterPlainly(history, codec, config));
    }),
    { numRuns: numRuns / 2 },
  );
});

test('comes to the same totals and dead letters on a log with transactions, crashed between any two steps', () => {
  fc.assert(
    fc.property(
      histories,
      configs,
      fc.array(fc.nat(1_000_000), { minLength: 300, maxLength: 300 }),
      (history, config, choices) => {
        const topic = history[0]?.topic === usage.name ? usage : calls;
        const cluster = new MemoryCluster({ partitions: 1 });
        const runner = cluster.runner(meter, config);
        const left = [...history];
        for (const choice of choices) {
          const next = choice % 4 === 0 ? left.shift() : undefined;
          if (next !== undefined) cluster.appendBytes(topic, 0, next);
          if (choice % 13 === 0) runner.crash();
          else runner.step(Math.floor(choice / 13));
        }
        for (const record of left) cluster.appendBytes(topic, 0, record);
        cluster.drain();
        const records = [...cluster.records(usageTotals), ...cluster.records(deadLetters)];
        const written = records.map(({ topic, key, value }) => ({
          topic,
          key: String(key),
          value: value ?? Buffer.alloc(0),
        }));
        assert.deepEqual(held(written), meterPlainly(cluster.records(topic), cluster.codec, config));
      },
    ),
    { numRuns: numRuns / 2 },
  );
});

/** What the meter must have written once it has read an input partition: by key, and the reason of each refused offset. */
interface Metered {
  readonly totals: ReadonlyMap<string, UsageTotal>;
  readonly refused: ReadonlyMap<number, string>;
}

function meterPlainly(records: readonly InputRecord[], codec: Codec, config: MeterConfig): Metered {
  const days = { from: Number.NEGATIVE_INFINITY as Day, to: Number.POSITIVE_INFINITY as Day };
  const plain = new PlainMeter(codec, { ...config, days });
  const refused = new Map<number, string>();
  for (const record of records) {
    const reason = plain.take(record);
    if (reason !== null) refused.set(record.offset, reason);
  }
  return { totals: plain.totals, refused };
}

/** A task that has restored what was committed, as a host would do it. */
function open(history: readonly InputRecord[], config: MeterConfig, committed: ReadonlyMap<string, Committed>): Task {
  const topic = history[0]?.topic === usage.name ? usage : calls;
  const task = meter.createTask(config, { partition: 2, topics: [topic], codec });
  const start = task.restore(committed).get(topic.name);
  assert.ok(start !== undefined && start.at !== 'timestamp');
  const from = start.at === 'offset' ? start.offset : 0;
  const end = committed.get(topic.name)?.offset ?? 0;
  for (const record of history) {
    assert.equal(task.flush(0), null);
    if (record.offset >= from && record.offset < end) task.fold(record);
  }
  if (end > 0) task.advance(topic.name, end);
  return task;
}

function foldAndFlush(task: Task, record: InputRecord): Flush {
  task.fold(record);
  const [flush] = flushOf(task);
  assert.ok(flush !== undefined);
  return flush;
}

function flushOf(task: Task): Flush[] {
  const flush = task.flush(0);
  assert.equal(task.flush(0), null, 'a flush takes everything');
  return flush === null ? [] : [flush];
}

/** What readers of the flushes hold, each total with the partition's number in its route. */
function writtenBy(flushes: readonly Flush[]): Metered {
  const records = flushes.flatMap((flush) => flush.records);
  for (const { topic, route, value } of records) {
    if (topic.name === usageTotals.name) assert.equal(route, decoded(codec.decode<UsageTotal>(usageTotals, value)).day);
  }
  return held(records.map(({ topic, key, value }) => ({ topic: topic.name, key: String(key), value })));
}

/** What a reader holds who keeps the last total of each key, and each refused record's dead letter. */
function held(records: readonly { topic: string; key: string; value: Buffer }[]): Metered {
  const totals = new Map<string, UsageTotal>();
  const refused = new Map<number, string>();
  for (const { topic, key, value } of records) {
    if (topic === deadLetters.name) {
      const letter = decoded(codec.decode<DeadLetter>(deadLetters, value));
      assert.ok(!refused.has(letter.offset), 'a refused record has one dead letter');
      refused.set(letter.offset, letter.reason);
    } else {
      const total = decoded(codec.decode<UsageTotal>(usageTotals, value));
      assert.equal(key, usageTotals.key(total));
      assert.ok((totals.get(key)?.through ?? -1) < total.through);
      totals.set(key, { ...total });
    }
  }
  return { totals, refused };
}

function decoded<T>(value: T | Undecodable): T {
  assert.ok(!(value instanceof Undecodable));
  return value;
}

function bytesOf({ records, committed }: Flush) {
  const lines = records.map(({ topic, key, value }) => `${topic.name} ${key} ${value.toString('hex')}`);
  return { records: lines.sort(), committed };
}
