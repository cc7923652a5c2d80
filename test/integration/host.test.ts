import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createKafka } from '../../runtime/kafka/create-kafka.ts';
import { kafkaClients } from '../../runtime/settings.ts';
import { type Commits, type Committed, defineProcessor, type Flush, type TaskId } from '../../runtime/task.ts';
import { ProcessClock } from '../faults/process-clock.ts';
import { kafkaSteps } from '../faults/proxy/kafka-protocol.ts';
import { brokerOf, proxyOfKafka } from '../faults/proxy/open-proxy.ts';
import { askBroker, deleteRecords } from './raw-kafka.ts';
import { eventually, testStack } from './stack.ts';
import { changes, factors, type Item, items, sums } from './toy.ts';
import { expectedTotals, totalsOf, toyWorld } from './toy-world.ts';

const HOUR_MS = 3_600_000;

for (const client of kafkaClients)
  suite(`the host of processors by ${client}`, { timeout: 280_000 }, () => {
    let stack: Awaited<ReturnType<typeof testStack>>;
    before(async () => {
      stack = await testStack();
    });

    test('folds and writes every record exactly once, and commits to the very end', async () => {
      const world = await toyWorld(stack, { client });
      const sent = numbers(5_000);
      await world.send(sent.slice(0, 2_000));
      const member = world.startSums();
      await allRead(world);
      await world.send(sent.slice(2_000));
      await allRead(world);
      await member.stop();
      assertExact(await world.read(changes), sent);
    });

    test('members that come and go move tasks, and no record counts twice or not at all', async () => {
      const world = await toyWorld(stack, { client });
      const first = world.startSums();
      const stream = sending(world);
      await stream.more(500);
      const second = world.startSums();
      await members(world, 2);
      await stream.more(500);
      await first.stop();
      await members(world, 1);
      await stream.more(500);
      const third = world.startSums();
      await members(world, 2);
      await stream.more(500);
      const sent = await stream.stop();
      await allRead(world);
      await Promise.all([second.stop(), third.stop()]);
      assertExact(await world.read(changes), sent);
    });

    test('a task whose transactional id is taken over commits no more, takes it back, and counts nothing twice', async () => {
      const world = await toyWorld(stack, { client, partitions: 2 });
      const member = world.startSums();
      const stream = sending(world);
      for (let round = 0; round < 3; round++) {
        await stream.more(300);
        const rogue = await world.kafka.transactionalProducer(`${world.prefix}sums-items-${round % 2}`);
        await rogue.discard();
      }
      await stream.more(300);
      const sent = await stream.stop();
      await allRead(world);
      await member.stop();
      assertExact(await world.read(changes), sent);
    });

    test('survives every connection cut, before each request and before each reply', async () => {
      await using proxy = await proxyOfKafka(stack.kafkaBrokers);
      const world = await toyWorld(stack, { client, partitions: 2 });
      const kafka = await createKafka({ brokers: [brokerOf(proxy)], client, logger: world.logger });
      const member = world.startSums({ kafka });
      const stream = sending(world);
      await stream.more(100);
      for (const request of kafkaSteps) {
        for (const where of ['request', 'reply'] as const) {
          const goal = proxy.cuts + 1;
          await stream.more(50);
          proxy.cut(request, where);
          // A task asks for its id and positions when it is opened anew, which is after a commit that failed.
          if (request === 'InitProducerId' || request === 'OffsetFetch') proxy.cut('EndTxn', 'request');
          // The group is joined anew when another member comes.
          const other = request === 'JoinGroup' || request === 'SyncGroup' ? world.startSums() : null;
          await eventually(`a cut at ${request} ${where}`, () => proxy.cuts >= goal && proxy.isThrough());
          await other?.stop();
        }
      }
      await stream.more(100);
      const sent = await stream.stop();
      await allRead(world);
      await member.stop();
      assertExact(await world.read(changes), sent);
    });

    test('a killed member loses nothing, and one that wakes from a pause beyond the session does no harm', async () => {
      const world = await toyWorld(stack, { client });
      const child = (): ChildProcess => spawnMember(stack, world.prefix, client);
      const killed = child();
      await members(world, 1);
      const stream = sending(world);
      await stream.more(500);
      killed.kill('SIGKILL');
      const paused = child();
      await members(world, 1);
      await stream.more(500);
      paused.kill('SIGSTOP');
      const other = world.startSums();
      await members(world, 1, 20_000);
      await stream.more(500);
      paused.kill('SIGCONT');
      await members(world, 2);
      await stream.more(500);
      const sent = await stream.stop();
      await allRead(world);
      paused.kill('SIGTERM');
      assert.deepEqual(await once(paused, 'exit'), [0, null], 'a member that is told to stop ends well');
      await other.stop();
      assertExact(await world.read(changes), sent);
    });

    test('a time of day that is set back or forward by hours holds up no commit', async () => {
      const world = await toyWorld(stack, { client, partitions: 2 });
      using clock = new ProcessClock();
      const child = spawnMember(stack, world.prefix, client, clock.env);
      await members(world, 1);
      const sent = numbers(600);
      for (const [index, hours] of [-5, 0, 5].entries()) {
        clock.set(hours * HOUR_MS, child);
        await world.send(sent.slice(200 * index, 200 * (index + 1)));
        await allRead(world);
      }
      child.kill('SIGTERM');
      assert.deepEqual(await once(child, 'exit'), [0, null]);
      assertExact(await world.read(changes), sent);
    });

    test('reaches the end past markers and aborted records, which no task sees', async () => {
      const world = await toyWorld(stack, { client, partitions: 1 });
      const member = world.startSums();
      const sent = numbers(10);
      await world.send(sent);
      const open = async (id: string) => {
        const producer = await world.kafka.transactionalProducer(world.prefix + id);
        const send = (amount: number) => {
          const value = world.codec.encode(items, { key: 1, amount });
          return producer.send([{ topic: world.prefix + items.name, records: [{ key: '1', value, route: 0 }] }]);
        };
        return { producer, send };
      };
      const [long, short, good] = await Promise.all([open('long'), open('short'), open('good')]);
      await long.send(1_000);
      await short.send(2_000);
      await good.send(7);
      await long.send(4_000);
      await short.producer.abort();
      await long.send(8_000);
      await good.producer.commit();
      await long.producer.abort();
      await allRead(world);
      const last = await open('last');
      await last.send(16_000);
      await last.producer.abort();
      await allRead(world);
      await member.stop();
      for (const { producer } of [long, short, good, last]) await producer.discard();
      assertExact(await world.read(changes), [...sent, { key: 1, amount: 7 }]);
    });

    test('hands over what cannot be decoded as such, and goes on', async () => {
      const world = await toyWorld(stack, { client, partitions: 1 });
      const member = world.startSums();
      const good = world.codec.encode(items, { key: 5, amount: 50 });
      const unknown = Buffer.from(good);
      unknown.writeUInt32BE(123_456_789, 1);
      const values = [
        Buffer.alloc(0),
        null,
        Buffer.from('no Avro'),
        good.subarray(0, -1),
        Buffer.concat([good, good]),
        unknown,
      ];
      const producer = await world.kafka.idempotentProducer();
      const records = values.map((value) => ({ key: 'x', value, route: 0 }));
      await producer.send([{ topic: world.prefix + items.name, records }]);
      await producer.close();
      await world.send([{ key: 5, amount: 50 }]);
      await allRead(world);
      await member.stop();
      const { added } = totalsOf(await world.read(changes));
      assert.deepEqual(
        [...added],
        [
          [-1, values.length],
          [5, 50],
        ],
      );
    });

    test('reads broadcasts to their end before any input, also for a task that comes later', async () => {
      const world = await toyWorld(stack, { client, partitions: 2 });
      const order: string[] = [];
      const noting = defineProcessor<string>({
        name: 'noting',
        reads: [items],
        taskPer: 'partition',
        broadcasts: [factors],
        writes: [],
        createTask: (member, { partition }) => ({
          restore: () => new Map([[items.name, { at: 'beginning' }]]),
          fold: ({ topic }) => void order.push(`${member}${partition} ${topic}`),
          advance: () => {},
          flush: () => null,
        }),
      });
      await world.publisher.publish(factors, [{ factor: 1 }, { factor: 2 }]);
      await world.send(numbers(50));
      const seen = (task: string) => order.filter((line) => line.startsWith(task)).map((line) => line.slice(3));
      const isThrough = (task: string) =>
        seen(task).filter((topic) => topic === 'factors').length === 2 && seen(task).includes('items');
      const a = world.start(noting, 'a');
      await eventually('both tasks of a', () => isThrough('a0') && isThrough('a1'));
      const b = world.start(noting, 'b');
      await eventually('a task of b', () => isThrough('b0') || isThrough('b1'));
      await Promise.all([a.stop(), b.stop()]);
      for (const task of ['a0', 'a1', 'b0', 'b1']) {
        const topics = seen(task);
        if (topics.length > 0) assert.deepEqual(topics.slice(0, 3), ['factors', 'factors', 'items'], task);
      }
    });

    test('takes positions from whatever keeps them, and tells the group as a hint', async () => {
      const world = await toyWorld(stack, { client, partitions: 1 });
      const kept = new KeptInMemory();
      await world.send(numbers(100));
      const first = world.startSums({ commits: kept });
      await allRead(world);
      await first.stop();
      await world.send(numbers(100));
      const second = world.startSums({ commits: kept });
      await allRead(world);
      await second.stop();
      assert.equal(kept.position?.offset, 200);
      assert.equal(kept.closed, kept.opened);
      assert.equal((await world.read(changes)).length, 0, 'nothing goes to Kafka');
      const added = kept.flushes.flatMap(({ records }) => records).length;
      assert.ok(added >= 97);
    });

    test('refuses to start without its topics, and says what to do', async () => {
      const world = await toyWorld(stack, { client, topics: [items] });
      await assert.rejects(world.startSums().done, { code: 'topics_missing', message: /changes/ });
    });

    test('refuses topics that are read together and have differing partitions', async () => {
      const world = await toyWorld(stack, { client, partitions: 3 });
      const both = defineProcessor<null>({ ...sums, taskPer: 'partition', reads: [items, factors] });
      await assert.rejects(world.start(both, null).done, {
        code: 'partitions_differ',
        message: /items has 3.*factors has 1/,
      });
    });

    test('ends the process with the error of a task', async () => {
      const world = await toyWorld(stack, { client, partitions: 1 });
      const broken = defineProcessor<null>({
        ...sums,
        createTask: (config, context) => {
          const task = sums.createTask(config, context);
          task.fold = () => {
            throw new TypeError('a bug');
          };
          return task;
        },
      });
      await world.send(numbers(1));
      await assert.rejects(world.start(broken, null).done, /a bug/);
    });

    test('says so when records were deleted before they were read', async () => {
      const world = await toyWorld(stack, { client, partitions: 1 });
      await world.send(numbers(100));
      const first = world.startSums();
      await allRead(world);
      await first.stop();
      await world.send(numbers(100));
      const topic = world.prefix + items.name;
      await deleteRecords(stack.kafkaBrokers, topic, '150');
      await assert.rejects(world.startSums().done, { code: 'records_deleted', message: /100.*150/ });
    });

    test('an idle member arms few timers for each fetch', async () => {
      const world = await toyWorld(stack, { client, partitions: 1 });
      await world.send(numbers(10));
      await using proxy = await proxyOfKafka(stack.kafkaBrokers);
      const kafka = await createKafka({ brokers: [brokerOf(proxy)], client, logger: world.logger });
      const member = world.startSums({ kafka, commitIntervalMs: 1_000 });
      await allRead(world);
      const original = globalThis.setTimeout;
      let timers = 0;
      const from = proxy.passed('Fetch');
      globalThis.setTimeout = Object.assign((...values: Parameters<typeof original>) => {
        timers++;
        return original(...values);
      }, original);
      try {
        await eventually('twenty fetches', () => proxy.passed('Fetch') >= from + 20);
      } finally {
        globalThis.setTimeout = original;
      }
      await member.stop();
      assert.ok(timers < 20 * 10, `${timers} timers in 20 fetches`);
    });
  });

type World = Awaited<ReturnType<typeof toyWorld>>;

class KeptInMemory implements Commits {
  readonly toBeginAnew = 'start it anew';
  position: Committed | undefined;
  opened = 0;
  closed = 0;
  readonly flushes: Flush[] = [];

  async open(): Promise<ReadonlyMap<string, Committed>> {
    this.opened++;
    return this.position === undefined ? new Map() : new Map([[items.name, this.position]]);
  }

  async commit(_task: TaskId, flush: Flush): Promise<void> {
    this.flushes.push(flush);
    this.position = flush.committed.get(items.name);
  }

  async close(): Promise<void> {
    this.closed++;
  }
}

function numbers(count: number): Item[] {
  return Array.from({ length: count }, (_, index) => ({ key: index % 97, amount: 1 + (index % 5) }));
}

/** Sends items all the time, in small portions. */
function sending(world: World) {
  const sent: Item[] = [];
  let isStopped = false;
  after(() => {
    isStopped = true;
  });
  const done = (async () => {
    while (!isStopped) {
      const portion = numbers(20).map(({ amount }, index) => ({ key: (sent.length + index) % 97, amount }));
      await world.send(portion);
      sent.push(...portion);
    }
  })();
  return {
    more: async (count: number) => {
      const goal = sent.length + count;
      await eventually(`${count} more are sent`, () => sent.length >= goal);
    },
    stop: async () => {
      isStopped = true;
      await done;
      return sent;
    },
  };
}

async function allRead(world: World): Promise<void> {
  await eventually('everything is read and committed', async () => (await world.sumsLag()) === 0, 60_000);
}

async function members(world: World, count: number, limitMs = 30_000): Promise<void> {
  await eventually(
    `${count} members`,
    async () => {
      const { groups } = await askBroker(world.brokers.join(), (admin) =>
        admin.describeGroups([`${world.prefix}sums`]),
      );
      return groups[0]?.state === 'Stable' && groups[0].members.length === count;
    },
    limitMs,
  );
}

const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill('SIGKILL');
});

function spawnMember(
  stack: { kafkaBrokers: string; schemaRegistryUrl: string },
  prefix: string,
  client: string,
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  const script = fileURLToPath(new URL('toy-member.ts', import.meta.url));
  const args = [script, stack.kafkaBrokers, stack.schemaRegistryUrl, prefix, client];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...env },
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

function assertExact(written: Parameters<typeof totalsOf>[0], sent: readonly Item[]): void {
  const { added, sums: last } = totalsOf(written);
  const expected = expectedTotals(sent);
  assert.deepEqual(added, expected);
  assert.deepEqual(last, expected);
}
