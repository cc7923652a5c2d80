import { type KafkaConfig, type LogEntry, logLevel } from 'kafkajs';
import type { Logger } from 'pino';

/** Lets kafkajs log into our logger, at our levels. */
export function logInto(logger: Logger): Pick<KafkaConfig, 'logLevel' | 'logCreator'> {
  return { logLevel: levelOf(logger), logCreator: () => (entry) => write(logger, entry) };
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
