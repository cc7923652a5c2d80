import type { KafkaClientName } from '../../runtime/settings.ts';

/** What a process is told to do with the calls of a topic, from the first to the last. */
export interface Work {
  readonly brokers: string;
  /** Of the topic. */
  readonly prefix: string;
  /** Names the consumer group. */
  readonly group: string;
  /**
   * `meter`: meter them, until all are committed.
   * `restore`: begin to meter them again after that, until all are folded and the next call would be metered.
   * `read`: decode them and do nothing else, with kafkajs as it is published.
   * `readPatched`: the same with kafkajs as it is patched here.
   */
  readonly what: 'meter' | 'restore' | 'read' | 'readPatched';
  readonly commitIntervalMs: number;
  /** By which the meter reads and writes. */
  readonly client: KafkaClientName;
}

/** How far a process has come. */
export interface Progress {
  readonly partition: number;
  /** All before is done. */
  readonly offset: number;
  /** Of the clock that all processes of a machine share. */
  readonly atMs: number;
  /** Taken by this process since its first batch. */
  readonly cpuMicroseconds: number;
  /** The most that this process ever had in memory. */
  readonly peakMib: number;
}

/** What a process is sent: work; that all who share it have begun; that all of it is done. */
export type Command = Work | 'go' | 'stop';

/** Who is told how far the work has come. */
export interface Reporter {
  /** Something has been read. The promise, until there is none any more, is for all who share the work to have begun. */
  began(): Promise<void> | undefined;
  /** All before the offset is done. */
  reached(partition: number, offset: number): void;
}
