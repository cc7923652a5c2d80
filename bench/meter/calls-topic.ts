import { Kafka, logLevel } from 'kafkajs';
import { maxMessageBytes } from '../../runtime/kafka/batches.ts';
import type { KafkaAdmin, KafkaClient } from '../../runtime/kafka/client.ts';
import { createLocalCodec } from '../../runtime/kafka/codec.ts';
import { createKafka } from '../../runtime/kafka/create-kafka.ts';
import { partitionOfText } from '../../runtime/kafka/murmur2.ts';
import { readTopic } from '../../runtime/kafka/read-topic.ts';
import { Undecodable } from '../../runtime/task.ts';
import type { Call } from '../../schemas/call.ts';
import { calls, deadLetters, type Topic, usage, usageTotals } from '../../schemas/topics.ts';
import type { Bench } from '../benchmark.ts';
import { createAnew } from '../create-anew.ts';
import { Totals } from './checksum.ts';
import { generatedCalls } from './generated-calls.ts';

/** So many that the second half of them shows what a process does that is warm, or nearly. */
const CALLS = 2_000_000;
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
  readonly #kafka: KafkaClient;

  private constructor(brokers: string, kafka: KafkaClient, prefix: string, count: number, partitions: number) {
    this.brokers = brokers;
    this.#kafka = kafka;
    this.prefix = prefix;
    this.count = count;
    this.partitions = partitions;
  }

  static async load(bench: Bench, prefix: string, count: number, partitions: number): Promise<CallsTopic> {
    const brokers = bench.stack.kafkaBrokers;
    const kafka = await createKafka({ brokers: brokers.split(','), client: 'kafkajs', logger: bench.logger });
    const topic = new CallsTopic(brokers, kafka, prefix, count, partitions);
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
    const kafka = new Kafka({ brokers: this.brokers.split(','), logLevel: logLevel.NOTHING });
    // Else kafkajs repeats what was written where other partitions of a request have failed.
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
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
  async #checkCount(admin: KafkaAdmin): Promise<void> {
    const extents = await admin.extents(this.name);
    const count = [...extents.values()].reduce((sum, { end }) => sum + end, 0);
    if (count !== this.count) throw new Error(`${this.name} has ${count} records instead of ${this.count}.`);
  }

  async #withAdmin<T>(work: (admin: KafkaAdmin) => Promise<T>): Promise<T> {
    const admin = this.#kafka.admin();
    try {
      return await work(admin);
    } finally {
      await admin.close();
    }
  }

  #createAnew(admin: KafkaAdmin, topics: readonly Topic<never>[]): Promise<void> {
    const sized = topics.map((topic) => {
      return { topic: this.prefix + topic.name, config: { 'max.message.bytes': String(maxMessageBytes(topic)) } };
    });
    return createAnew(admin, this.partitions, sized);
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
