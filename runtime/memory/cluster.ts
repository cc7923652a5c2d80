import type { Topic } from '../../schemas/topics.ts';
import { createLocalCodec } from '../kafka/codec.ts';
import { type Codec, type Committed, type InputRecord, output, type Processor, Undecodable } from '../task.ts';
import { MemoryLog } from './log.ts';
import { MemoryRunner } from './runner.ts';

/**
 * Kafka and the host of processors in one process, synchronous and deterministic, for simulations: the same log rules
 * (offsets, transactions, markers, fencing, committed positions with metadata), the same order of calls on a task, and
 * every step of it in the hands of the test, which may crash any task between any two of them.
 */
export class MemoryCluster {
  /** The clock that flushes are given. A simulation sets it; `drain` moves it on when nothing else moves. */
  nowMs = 0;
  /** Whether readers also see records of aborted transactions, as kafkajs may let them. */
  leaks = false;
  readonly partitions: number;
  readonly codec: Codec;
  readonly log: MemoryLog;
  readonly #runners: { drain(): number }[] = [];

  constructor(options: { partitions: number; codec?: Codec }) {
    this.partitions = options.partitions;
    this.codec = options.codec ?? createLocalCodec();
    this.log = new MemoryLog(options.partitions);
  }

  /** Publishes values as a producer would. */
  append<T>(topic: Topic<T>, values: readonly T[], timestampMs = this.nowMs): void {
    for (const value of values) this.log.append(output(this.codec, topic, value), timestampMs, null);
  }

  /** Publishes bytes that need not be a value of the topic. */
  appendBytes(
    topic: Topic<never>,
    partition: number,
    record: { key?: Buffer | null; value: Buffer | null; headers?: InputRecord['headers']; timestampMs?: number },
  ): void {
    const { key = null, value, headers = [], timestampMs = this.nowMs } = record;
    this.log.appendBytes(topic.name, partition, { key, value, headers, timestampMs });
  }

  /** All committed records of a topic, partition by partition in order of offset. */
  records(topic: Topic<never>): InputRecord[] {
    const found: InputRecord[] = [];
    for (let partition = 0; partition < this.partitions; partition++) {
      for (const entry of this.log.entries(topic.name, partition)) {
        if ('record' in entry && (entry.transaction?.state ?? 'committed') === 'committed') found.push(entry.record);
      }
    }
    return found;
  }

  /** The values of `records`. Throws when one cannot be decoded. */
  read<T>(topic: Topic<T>): T[] {
    return this.records(topic).map(({ value }) => {
      const decoded = this.codec.decode(topic, value);
      if (decoded instanceof Undecodable) throw new Error(`${topic.name}: ${decoded.detail}`);
      return decoded;
    });
  }

  /** What the processor committed for an input. */
  committed(processor: string, topic: Topic<never>, partition: number): Committed | undefined {
    return this.log.committed(processor, topic.name, partition);
  }

  /** The offset after the last entry, markers included. */
  end(topic: Topic<never>, partition: number): number {
    return this.log.entries(topic.name, partition).length;
  }

  /**
   * Another member that runs the processor. It owns all tasks until its `rebalance` says otherwise; two members that
   * own a task at once are an owner and a zombie.
   */
  runner<Config>(processor: Processor<Config>, config: Config): MemoryRunner<Config> {
    const runner = new MemoryRunner(this, processor, config);
    this.#runners.push(runner);
    return runner;
  }

  /** Lets all runners go on until nothing moves any more, not even when the clock does. */
  drain(): void {
    for (;;) {
      while (this.#runners.map((runner) => runner.drain()).some((steps) => steps > 0));
      this.nowMs += QUIET_MS;
      if (!this.#runners.map((runner) => runner.drain()).some((steps) => steps > 0)) return;
    }
  }
}

/** Longer than any interval that a task waits for before it gives out what it holds back. */
const QUIET_MS = 3_600_000;
