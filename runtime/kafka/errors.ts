/**
 * What an error of a Kafka client means for whoever got it.
 * `transient`: the broker or a coordinator is away, moving or busy; it passes, so try again.
 * `fenced`: a newer owner has taken the transactional id over, or the broker has ended the transaction.
 * `position`: the place to read from is no longer (or not yet) in the log: look it up anew.
 * `fatal`: everything else; trying again would not help, and hiding it would.
 */
export type KafkaFault = 'transient' | 'fenced' | 'position' | 'fatal';

/** How a client tells through the port what has failed. The error of the library is its cause. */
export class KafkaError extends Error {
  readonly fault: KafkaFault;
  /** The broker's answer, where it gave one. */
  readonly protocolCode: number | null;

  constructor(fault: KafkaFault, message: string, options: { cause?: unknown; protocolCode?: number | null } = {}) {
    super(message, { cause: options.cause });
    this.name = 'KafkaError';
    this.fault = fault;
    this.protocolCode = options.protocolCode ?? null;
  }
}

/** Does what a library is asked to; what that throws comes as the port's error. */
export function askedBy(kafkaErrorOf: (error: unknown) => KafkaError) {
  return async <T>(action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      throw kafkaErrorOf(error);
    }
  };
}

/** What does not come from a client is fatal. */
export function faultOf(error: unknown): KafkaFault {
  return error instanceof KafkaError ? error.fault : 'fatal';
}

/** Whether Kafka is away, moving or busy: the same works later, without anybody changing anything. */
export function isKafkaAway(error: unknown): boolean {
  return faultOf(error) === 'transient';
}

/** What a broker's answer with this code means. */
export function faultOfProtocolCode(code: number): KafkaFault {
  return BY_PROTOCOL_CODE.get(code) ?? 'fatal';
}

/** See https://kafka.apache.org/protocol.html#protocol_error_codes. Absent is fatal. */
const BY_PROTOCOL_CODE: ReadonlyMap<number, KafkaFault> = new Map<number, KafkaFault>([
  [-1, 'transient'], // UNKNOWN_SERVER_ERROR: what a broker runs into while it starts or ends
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
  [34, 'transient'], // ILLEGAL_SASL_STATE: something was asked while the broker asked anew who asks; the connection ends
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
  [90, 'fenced'], // PRODUCER_FENCED
  [100, 'transient'], // UNKNOWN_TOPIC_ID: the topic is being made, or was made anew
  [103, 'transient'], // INCONSISTENT_TOPIC_ID: the same
]);

/**
 * What the `code` of an error of a socket means; null when it is none that is known. A connection that was lost may come
 * back; who speaks no TLS, or is not who he should be, stays so.
 */
export function faultOfSystemCode(code: unknown): KafkaFault | null {
  if (typeof code !== 'string') return null;
  if (code === 'EPROTO' || /CERT|VERIFY_LEAF|WRONG_VERSION/.test(code)) return 'fatal';
  return CONNECTION_LOST.has(code) ? 'transient' : null;
}

const CONNECTION_LOST: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOTFOUND',
]);

/**
 * Answers after which nothing has happened, so that the same request may be sent again in the same transaction. A
 * client does so for a few seconds.
 */
export const REFUSED_FOR_NOW: ReadonlySet<number> = new Set([
  14, // COORDINATOR_LOAD_IN_PROGRESS
  15, // COORDINATOR_NOT_AVAILABLE
  16, // NOT_COORDINATOR
  51, // CONCURRENT_TRANSACTIONS
]);
