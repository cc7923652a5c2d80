import { ApportionError } from '../errors.ts';

/**
 * What an error of the Kafka client means for whoever got it.
 * `transient`: the broker or a coordinator is away, moving or busy; it passes, so try again.
 * `fenced`: a newer owner has taken the transactional id over, or the broker has ended the transaction.
 * `position`: the place to read from is no longer (or not yet) in the log: look it up anew.
 * `fatal`: everything else; trying again would not help, and hiding it would.
 */
export type KafkaFault = 'transient' | 'fenced' | 'position' | 'fatal';

/** Protocol error codes, see https://kafka.apache.org/protocol.html#protocol_error_codes. Absent is fatal. */
const BY_CODE: ReadonlyMap<number, KafkaFault> = new Map<number, KafkaFault>([
  [1, 'position'], // OFFSET_OUT_OF_RANGE
  [2, 'transient'], // CORRUPT_MESSAGE: damaged on the way
  [3, 'transient'], // UNKNOWN_TOPIC_OR_PARTITION: metadata not yet everywhere; that the topics exist is checked at start
  [5, 'transient'], // LEADER_NOT_AVAILABLE
  [6, 'transient'], // NOT_LEADER_OR_FOLLOWER
  [7, 'transient'], // REQUEST_TIMED_OUT
  [8, 'transient'], // BROKER_NOT_AVAILABLE
  [9, 'transient'], // REPLICA_NOT_AVAILABLE
  [13, 'transient'], // NETWORK_EXCEPTION
  [14, 'transient'], // COORDINATOR_LOAD_IN_PROGRESS
  [15, 'transient'], // COORDINATOR_NOT_AVAILABLE
  [16, 'transient'], // NOT_COORDINATOR
  [19, 'transient'], // NOT_ENOUGH_REPLICAS
  [20, 'transient'], // NOT_ENOUGH_REPLICAS_AFTER_APPEND
  [22, 'transient'], // ILLEGAL_GENERATION: the group has moved on, join again
  [25, 'transient'], // UNKNOWN_MEMBER_ID: timed out of the group, join again
  [27, 'transient'], // REBALANCE_IN_PROGRESS
  [41, 'transient'], // NOT_CONTROLLER
  [45, 'transient'], // OUT_OF_ORDER_SEQUENCE_NUMBER: the producer is discarded, another begins at 0
  [46, 'transient'], // DUPLICATE_SEQUENCE_NUMBER: the same
  [47, 'fenced'], // INVALID_PRODUCER_EPOCH
  [48, 'fenced'], // INVALID_TXN_STATE: the broker has ended the transaction, after its time-out say
  [49, 'fenced'], // INVALID_PRODUCER_ID_MAPPING
  [51, 'transient'], // CONCURRENT_TRANSACTIONS: the last one is not yet ended everywhere
  [52, 'transient'], // TRANSACTION_COORDINATOR_FENCED: another broker coordinates now
  [56, 'transient'], // KAFKA_STORAGE_ERROR
  [59, 'transient'], // UNKNOWN_PRODUCER_ID
  [74, 'transient'], // FENCED_LEADER_EPOCH
  [75, 'transient'], // UNKNOWN_LEADER_EPOCH
  [78, 'transient'], // OFFSET_NOT_AVAILABLE
  [79, 'transient'], // MEMBER_ID_REQUIRED
  [88, 'transient'], // UNSTABLE_OFFSET_COMMIT
  [90, 'fenced'], // PRODUCER_FENCED, which kafkajs does not know by name
]);

/** Errors of kafkajs itself, by name. Absent is fatal. */
const BY_NAME: ReadonlyMap<string, KafkaFault> = new Map<string, KafkaFault>([
  ['KafkaJSConnectionError', 'transient'],
  ['KafkaJSConnectionClosedError', 'transient'],
  ['KafkaJSRequestTimeoutError', 'transient'],
  ['KafkaJSBrokerNotFound', 'transient'],
  ['KafkaJSNoBrokerAvailableError', 'transient'],
  ['KafkaJSMetadataNotLoaded', 'transient'],
  ['KafkaJSTopicMetadataNotLoaded', 'transient'],
  ['KafkaJSGroupCoordinatorNotFound', 'transient'],
  ['KafkaJSStaleTopicMetadataAssignment', 'transient'],
  ['KafkaJSLockTimeout', 'transient'],
  ['KafkaJSTimeout', 'transient'],
  ['KafkaJSOffsetOutOfRange', 'position'],
]);

/** Socket errors that reach callers without a name of kafkajs. */
const BY_SYSTEM_CODE: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
]);

/** Looks through what kafkajs wraps errors in (`KafkaJSNumberOfRetriesExceeded`, `KafkaJSNonRetriableError`). */
export function faultOf(error: unknown): KafkaFault {
  if (!(error instanceof Error) || error instanceof ApportionError) return 'fatal';
  const { code } = error as { code?: unknown };
  const protocolCode = typeof code === 'number' && code !== UNKNOWN_TO_KAFKAJS ? code : codeInText(error.message);
  if (protocolCode !== null) return BY_CODE.get(protocolCode) ?? 'fatal';
  if (typeof code === 'string' && BY_SYSTEM_CODE.has(code)) return 'transient';
  const named = BY_NAME.get(error.name);
  if (named !== undefined) return named;
  if (error.name === 'KafkaJSError' && TRANSIENT_TEXTS.some((text) => error.message.includes(text))) return 'transient';
  const wrapped = error.cause ?? (error as { errors?: readonly unknown[] }).errors?.[0];
  return wrapped === undefined ? 'fatal' : faultOf(wrapped);
}

/** The code that kafkajs gives to all codes it does not know; the real one stands in the text only. */
const UNKNOWN_TO_KAFKAJS = -99;

function codeInText(text: string): number | null {
  const match = /^Unknown error code (\d+)$/.exec(text);
  return match === null ? null : Number(match[1]);
}

/** What kafkajs throws without a name of its own when a connection went away under a request. */
const TRANSIENT_TEXTS = [
  'The producer is disconnected',
  'Invalid partition metadata',
  'rebalancing',
  'generation',
  'coordinator',
];
