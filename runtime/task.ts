/**
 * The contract between a processor and whatever runs it: the Kafka host in production, a loop in memory in tests.
 * A task is synchronous, owns its state, and never sees a client.
 */
import type { Topic } from '../schemas/topics.ts';

/** A processor, declared. `Config` is its own strict configuration. */
export interface Processor<Config, Out = OutputRecord> {
  /** Verb; consumer group and transactional ids derive from it. */
  readonly name: string;
  /** Topics whose records it folds. */
  readonly reads: readonly Topic<never>[];
  /**
   * `topic-partition`: one task for each partition of each topic read.
   * `partition`: one task for partition p of all topics read, which must have equally many partitions.
   */
  readonly taskPer: 'topic-partition' | 'partition';
  /** Single-partition topics that every task reads whole, from the beginning to the end, before it goes live. */
  readonly broadcasts: readonly Topic<never>[];
  readonly writes: readonly Topic<never>[];
  createTask(config: Config, context: TaskContext): Task<Out>;
}

/** Gives the declaration its types; it does nothing else. */
export function defineProcessor<Config, Out = OutputRecord>(processor: Processor<Config, Out>): Processor<Config, Out> {
  return processor;
}

export interface TaskContext {
  /** The partition of the task, and its topic where there is one task per topic and partition. */
  readonly partition: number;
  readonly topics: readonly Topic<never>[];
  readonly codec: Codec;
}

/** Turns values into records and back. Every schema id in a batch is resolved before the batch is folded. */
export interface Codec {
  /** No value is an undecodable one. */
  decode<T>(topic: Topic<T>, value: Buffer | null): T | Undecodable;
  encode<T>(topic: Topic<T>, value: T): Buffer;
}

/** Why bytes are not a record of the topic: a value, never an exception. */
export class Undecodable {
  /** `unknown_schema`, `undecodable`, `empty`. */
  readonly reason: string;
  readonly detail: string;

  constructor(reason: string, detail: string) {
    this.reason = reason;
    this.detail = detail;
  }
}

export interface Task<Out = OutputRecord> {
  /**
   * Called once, before anything is folded, with what this task has committed before (nothing at its first start).
   * Gives the place where reading of each input begins, at or before the committed offset: what lies before
   * the committed offset rebuilds the state and must give no output.
   * `ends` are the ends of the inputs and broadcasts, by topic name, asked for after the takeover: no earlier owner can
   * have read beyond them, so what it may have written without committing is made from what lies before them. Every host
   * gives them; a task that has no use for them may be restored without.
   */
  restore(
    committed: ReadonlyMap<string, Committed>,
    ends?: ReadonlyMap<string, number>,
  ): ReadonlyMap<string, StartPosition>;
  /** Takes one record of an input or a broadcast into the state. Records of a partition come in order. */
  fold(record: InputRecord): void;
  /** All before `offset` of this input or broadcast has been folded, whether or not records (or only markers) lay there. */
  advance(topic: string, offset: number): void;
  /**
   * What is to be written and committed now, taken out of the state at once: the caller makes it durable as a whole,
   * or throws the task away and restores another. Null when there is nothing.
   */
  flush(nowMs: number): Flush<Out> | null;
  /** What the task waits for and only people can give, in a sentence for the log; null while it waits for nothing. */
  readonly waitingFor?: string | null;
}

export interface Committed {
  /** The next offset to read. */
  readonly offset: number;
  /** What the task wrote beside it. */
  readonly metadata: string;
}

export type StartPosition =
  | { readonly at: 'beginning' }
  | { readonly at: 'offset'; readonly offset: number }
  /** The first record whose timestamp is at or after this. */
  | { readonly at: 'timestamp'; readonly ms: number };

export interface InputRecord {
  /** Name without prefix. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly { readonly name: string; readonly value: Buffer }[];
}

/** A record to be written, encoded. Made by `output`, or by hand where keys and values are kept encoded. */
export interface OutputRecord {
  readonly topic: Topic<never>;
  readonly key: string | Buffer;
  /** What the partition follows from: a text is hashed with murmur2, a number is taken modulo the partitions. */
  readonly route: string | number;
  readonly value: Buffer;
}

/** Encodes a value as the record that its topic declares. */
export function output<T>(codec: Codec, topic: Topic<T>, value: T): OutputRecord {
  return { topic, key: topic.key(value), route: routeOf(topic, value), value: codec.encode(topic, value) };
}

function routeOf<T>(topic: Topic<T>, value: T): string | number {
  return topic.partitioning.by === 'single' ? 0 : topic.partitioning.of(value);
}

/** What one flush makes durable as a whole. `Out` is a Kafka record, or whatever the processor's `Commits` takes. */
export interface Flush<Out = OutputRecord> {
  readonly records: readonly Out[];
  /** How many of them tell that an input was refused: 0 when left out. */
  readonly refused?: number;
  /** The new committed position of each input that moved, by topic name. */
  readonly committed: ReadonlyMap<string, Committed>;
}

/**
 * Where a processor's outputs and positions become durable together: Kafka transactions for processors, Postgres
 * transactions for the sink. Any error means that the outcome is unknown: the task is thrown away and opened anew.
 */
export interface Commits<Out = OutputRecord> {
  /**
   * Whether positions reach the consumer group together with the outputs. Where they do not, the host commits them to
   * the group afterwards: a hint for lag monitors, from which nothing is ever read back.
   */
  readonly inGroup?: boolean;
  /** What an operator does so that its tasks begin anew with what their topics hold: `delete the group …`. */
  readonly toBeginAnew: string;
  /** Takes the task over from any earlier owner, who can commit no more, and gives what was committed, by topic name. */
  open(task: TaskId): Promise<ReadonlyMap<string, Committed>>;
  commit(task: TaskId, flush: Flush<Out>): Promise<void>;
  /** Gives the task up. Never throws. */
  close(task: TaskId): Promise<void>;
}

export interface TaskId {
  readonly processor: string;
  /** Names of the topics without prefix. */
  readonly topics: readonly string[];
  readonly partition: number;
}
