import type { Admin, Kafka } from 'kafkajs';
import { maxMessageBytes } from '../../runtime/kafka/batches.ts';
import { createKafka } from '../../runtime/kafka/client.ts';
import { createLocalCodec } from '../../runtime/kafka/codec.ts';
import { faultOf } from '../../runtime/kafka/errors.ts';
import { partitionOfText } from '../../runtime/kafka/murmur2.ts';
import { readTopic } from '../../runtime/kafka/read-topic.ts';
import { retry } from '../../runtime/retry.ts';
import { Undecodable } from '../../runtime/task.ts';
import type { Call } from '../../schemas/call.ts';
import { calls, deadLetters, type Topic, usage, usageTotals } from '../../schemas/topics.ts';
import type { Bench } from '../benchmark.ts';
import { Totals } from './checksum.ts';
import { generatedCalls } from './generated-calls.ts';

/** So many that a process that begins cold has long been warm at the end. */
const CALLS = 3_200_000;
const PARTITIONS = 4;

const SEND_RECORDS = 5_000;
const codec = createLocalCodec();

/** By prefix: what one benchmark has loaded serves the others of the run. */
const loaded = new Map<string, Promise<CallsTopic>>();

/** A topic with calls, or with a share of them, loaded where no benchmark of this run has done so. */
export function callsTopic(bench: Bench, share = 1, partitions = PARTITIONS): Promise<CallsTopic> {
  const count = Math.ceil(CALLS * share * bench.size);
  const prefix = `bench-${count}-calls-${partitions}-partitions.`;
  const topic = loaded.get(prefix) ?? CallsTopic.load(bench, prefix, count, partitions);
  loaded.set(prefix, topic);
  return topic;
}

/** Calls to be metered, and the topics that the meter writes their totals to. */
export class CallsTopic {
  readonly brokers: string;
  /** Of all its topics. */
  readonly prefix: string;
  readonly count: number;
  readonly partitions: number;
  /** What the calls add up to. */
  readonly expected: Totals = new Totals();
  readonly #bench: Bench;
  readonly #kafka: Kafka;

  private constructor(bench: Bench, prefix: string, count: number, partitions: number) {
    this.brokers = bench.stack.kafkaBrokers;
    this.prefix = prefix;
    this.count = count;
    this.partitions = partitions;
    this.#bench = bench;
    this.#kafka = createKafka({ brokers: this.brokers.split(','), clientId: 'bench', logger: bench.logger });
  }

  static async load(bench: Bench, prefix: string, count: number, partitions: number): Promise<CallsTopic> {
    const topic = new CallsTopic(bench, prefix, count, partitions);
    await topic.#withAdmin((admin) => topic.#createAnew(admin, [calls, usage]));
    bench.say(`loading ${topic.description}`);
    await topic.#fill();
    await topic.#withAdmin((admin) => topic.#checkCount(admin));
    return topic;
  }

  get name(): string {
    return this.prefix + calls.name;
  }

  get description(): string {
    return `${this.count.toLocaleString('en')} calls in ${this.partitions} ${this.partitions === 1 ? 'partition' : 'partitions'}`;
  }

  /** What everybody does before a run. */
  emptyOutputs(): Promise<void> {
    return this.#withAdmin((admin) => this.#createAnew(admin, [usageTotals, deadLetters]));
  }

  /**
   * Compares what stands in the output topic, of each key the last, with what the calls add up to.
   *
   * @returns how many totals were written, each time that one was
   */
  async check(): Promise<number> {
    const last = new Map<string, Buffer>();
    let written = 0;
    await readTopic(this.#kafka, this.prefix + usageTotals.name, ({ key, value }) => {
      written += 1;
      if (key !== null && value !== null) last.set(String(key), value);
    });
    const totals = totalsOf(last.values());
    if (totals.checksum() !== this.expected.checksum()) {
      throw new Error(`The totals are ${totals.checksum()}, and not ${this.expected.checksum()}.`);
    }
    return written;
  }

  async #fill(): Promise<void> {
    // Else kafkajs repeats what was written where other partitions of a request have failed.
    const producer = this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    let messages: { key: string; value: Buffer; timestamp: string; partition: number }[] = [];
    const send = async (): Promise<void> => {
      await producer.send({ topic: this.name, messages });
      messages = [];
    };
    for (const { call, isRepeat } of generatedCalls(this.count)) {
      if (!isRepeat) this.expected.addCall(call);
      const key = calls.key(call);
      const partition = partitionOfText(key, this.partitions);
      messages.push({ key, value: codec.encode<Call>(calls, call), timestamp: String(call.endedAt), partition });
      if (messages.length === SEND_RECORDS) await send();
    }
    if (messages.length > 0) await send();
    await producer.disconnect();
  }

  /** A run ends when the last offset is reached. */
  async #checkCount(admin: Admin): Promise<void> {
    const offsets = await admin.fetchTopicOffsets(this.name);
    const count = offsets.reduce((sum, { high }) => sum + Number(high), 0);
    if (count !== this.count) throw new Error(`${this.name} has ${count} records instead of ${this.count}.`);
  }

  async #withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.#kafka.admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  }

  /** Event times lie in the past: without a limit of time nothing is deleted meanwhile. */
  async #createAnew(admin: Admin, topics: readonly Topic<never>[]): Promise<void> {
    const names = topics.map((topic) => this.prefix + topic.name);
    const existing = new Set(await admin.listTopics());
    await admin.deleteTopics({ topics: names.filter((name) => existing.has(name)) });
    const configs = topics.map((topic) => ({
      topic: this.prefix + topic.name,
      numPartitions: this.partitions,
      configEntries: [
        { name: 'retention.ms', value: '-1' },
        { name: 'max.message.bytes', value: String(maxMessageBytes(topic)) },
      ],
    }));
    // On a busy machine the leaders may not be known yet when they are asked for.
    const isTransient = (error: unknown): boolean => faultOf(error) === 'transient';
    await retry({ what: 'Kafka', isTransient, logger: this.#bench.logger }, () =>
      admin.createTopics({ topics: configs, waitForLeaders: true }),
    );
  }
}

function totalsOf(values: Iterable<Buffer>): Totals {
  const totals = new Totals();
  for (const value of values) {
    const total = codec.decode(usageTotals, value);
    if (total instanceof Undecodable) throw new Error(total.detail);
    const { day, cluster, namespace, tenant, product, quantity, callCount } = total;
    totals.add([day, cluster, namespace, tenant, product], quantity, callCount ?? 0);
  }
  return totals;
}
