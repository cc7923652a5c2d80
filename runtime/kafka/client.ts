import { Kafka, type LogEntry, logLevel } from 'kafkajs';
import type { Logger } from 'pino';

export interface KafkaSettings {
  /** `host:port` of some brokers; the others are learnt from them. */
  readonly brokers: readonly string[];
  /** How brokers name this client in their logs and quotas. */
  readonly clientId?: string;
  readonly logger: Logger;
}

/** The one place that makes kafkajs clients. */
export function createKafka(settings: KafkaSettings): Kafka {
  const logger = settings.logger.child({ client: 'kafkajs' });
  return new Kafka({
    brokers: [...settings.brokers],
    clientId: settings.clientId ?? 'apportion',
    connectionTimeout: 3_000,
    requestTimeout: 30_000,
    // The default start of 300 ms would be paid between any two transactions, for CONCURRENT_TRANSACTIONS.
    // Some three seconds in all: what takes longer is retried above, where it is logged.
    retry: { initialRetryTime: 20, multiplier: 2, maxRetryTime: 1_000, retries: 8 },
    logLevel: levelOf(logger),
    logCreator: () => (entry) => write(logger, entry),
  });
}

function levelOf(logger: Logger): logLevel {
  if (logger.isLevelEnabled('trace')) return logLevel.DEBUG;
  return logger.isLevelEnabled('debug') ? logLevel.INFO : logLevel.WARN;
}

/**
 * What kafkajs calls an error is one for its caller, who retries and says so. What happens at every start, rebalance
 * or lost connection goes to the debug log.
 */
function write(logger: Logger, entry: LogEntry): void {
  const { message, timestamp: _timestamp, logger: _logger, stack: _stack, error, ...details } = entry.log;
  const fields = { from: entry.namespace, error, ...details };
  if (entry.level === logLevel.DEBUG || POINTING.test(message)) logger.trace(fields, message);
  else if (entry.level === logLevel.INFO || isNormal(message, error)) logger.debug(fields, message);
  else logger.warn(fields, message);
}

/** Said for each partition each time that a task begins to read. */
const POINTING = /^(Pausing|Resuming) fetching/;

function isNormal(message: string, error: unknown): boolean {
  const text = `${message} ${error instanceof Error ? error.message : typeof error === 'string' ? error : ''}`;
  return NORMAL.some((part) => text.includes(part));
}

const NORMAL: readonly string[] = [
  'The coordinator is loading', // COORDINATOR_LOAD_IN_PROGRESS
  'concurrent operation on the same transaction', // CONCURRENT_TRANSACTIONS
  'is not the correct coordinator', // NOT_COORDINATOR
  'coordinator is not available', // COORDINATOR_NOT_AVAILABLE
  'The group is rebalancing', // REBALANCE_IN_PROGRESS
  'Specified group generation id is not valid', // ILLEGAL_GENERATION
  'The coordinator is not aware of this member', // UNKNOWN_MEMBER_ID
  'There is no leader for this topic-partition', // LEADER_NOT_AVAILABLE
  'This server is not the leader', // NOT_LEADER_OR_FOLLOWER
  'This server does not host this topic-partition', // UNKNOWN_TOPIC_OR_PARTITION
  'Connection error',
  'Connection timeout',
  'Closed connection',
  'Not connected',
  'Failed to connect',
  'Restarting the consumer', // What made it necessary is logged by itself.
  'Crash: ', // The host decides what a crash means.
  'Limiting retries for the idempotent producer', // A producer that failed is discarded, never resumed.
  'Response without match', // The answer to a request that had timed out.
];
