import { askedBy, faultOfProtocolCode, faultOfSystemCode, KafkaError, type KafkaFault } from '../errors.ts';

export const asked = askedBy(kafkaErrorOf);

export function kafkaErrorOf(error: unknown): KafkaError {
  if (error instanceof KafkaError) return error;
  return new KafkaError(faultOfKafkajs(error), messageOf(error), { cause: error, protocolCode: protocolCodeOf(error) });
}

/** Of several errors that it gathers, kafkajs says only that there were some. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const first = firstOf(error);
  return first instanceof Error ? `${error.message}: ${first.message}` : error.message;
}

/** Of the errors that one is about: `KafkaJSAggregateError` has a list, `KafkaJSDeleteGroupsError` one for each group. */
function firstOf(error: Error): unknown {
  const { errors, groups } = error as { errors?: readonly unknown[]; groups?: readonly { error: unknown }[] };
  return errors?.[0] ?? groups?.[0]?.error;
}

/** Looks through what kafkajs wraps errors in (`KafkaJSNumberOfRetriesExceeded`, `KafkaJSNonRetriableError`). */
function faultOfKafkajs(error: unknown): KafkaFault {
  if (!(error instanceof Error)) return 'fatal';
  const protocolCode = protocolCodeOf(error);
  if (protocolCode !== null) return faultOfProtocolCode(protocolCode);
  const ofSystem = faultOfSystemCode((error as { code?: unknown }).code);
  if (ofSystem !== null) return ofSystem;
  const named = BY_NAME.get(error.name);
  if (named !== undefined) return named;
  if (error.name === 'KafkaJSError' && TRANSIENT_TEXTS.some((text) => error.message.includes(text))) return 'transient';
  const wrapped = error.cause ?? firstOf(error);
  return wrapped === undefined ? 'fatal' : faultOfKafkajs(wrapped);
}

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

/** The code that kafkajs gives to all codes it does not know; the real one stands in the text only. */
const UNKNOWN_TO_KAFKAJS = -99;

function protocolCodeOf(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  const { code } = error as { code?: unknown };
  return typeof code === 'number' && code !== UNKNOWN_TO_KAFKAJS ? code : codeInText(error.message);
}

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
