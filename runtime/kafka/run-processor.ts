import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Commits, OutputRecord, Processor } from '../task.ts';
import type { KafkaClient } from './client.ts';
import type { PreparedCodec } from './codec.ts';
import { Member } from './member.ts';

export interface ProcessorHost<Out = OutputRecord> {
  readonly kafka: KafkaClient;
  /** Prefix of topics, groups and transactional ids. */
  readonly prefix: string;
  /** Prefixes of inputs and broadcasts, by the names of their topics, that are read from elsewhere. */
  readonly inputPrefixes?: ReadonlyMap<string, string>;
  readonly codec: PreparedCodec;
  /** Where outputs and positions become durable; Kafka transactions when absent. */
  readonly commits?: Commits<Out>;
  readonly commitIntervalMs: number;
  readonly logger: Logger;
  /** Where what its tasks do is counted. */
  readonly metrics?: Registry;
  /** Aborted to stop: what was folded is then flushed and committed, and the group left. */
  readonly signal: AbortSignal;
  /** Reads no faster, so that others who use the broker have their share. */
  readonly maxRecordsPerSecond?: number;
  /** A member that is silent for so long loses its tasks. */
  readonly sessionTimeoutMs?: number;
  /** Called each time that the member has joined its group. */
  readonly onJoin?: () => void;
}

/**
 * Runs a processor as a member of its consumer group `<prefix><name>`. Resolves when it has been stopped by the signal.
 * Rejects with what trying again would not help.
 *
 * @throws ApportionError `topics_missing`, `partitions_differ`, `records_deleted`, `committed_beyond_end`
 */
export async function runProcessor<Config, Out = OutputRecord>(
  processor: Processor<Config, Out>,
  config: Config,
  host: ProcessorHost<Out>,
): Promise<void> {
  const member = new Member(processor, config, host);
  await member.run();
}
