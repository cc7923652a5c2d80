import { type ProducerErrorCode, producerError } from '../errors.ts';

/**
 * What an error of the SDK means, by its name. For S3 that is the code of its answer, see
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList; for others the class of the SDK.
 */
const BY_NAME: ReadonlyMap<string, ProducerErrorCode> = new Map<string, ProducerErrorCode>([
  ['NoSuchBucket', 's3_no_bucket'],
  ['InvalidBucketName', 's3_no_bucket'],
  ['AccessDenied', 's3_denied'],
  ['AllAccessDisabled', 's3_denied'],
  ['CredentialsProviderError', 's3_credentials'],
  ['TokenProviderError', 's3_credentials'],
  ['InvalidAccessKeyId', 's3_credentials'],
  ['SignatureDoesNotMatch', 's3_credentials'],
  ['ExpiredToken', 's3_credentials'],
  ['InvalidToken', 's3_credentials'],
  ['RequestTimeTooSkewed', 's3_credentials'],
  ['PermanentRedirect', 's3_region'],
  ['AuthorizationHeaderMalformed', 's3_region'],
  ['InvalidObjectState', 's3_archived'],
  // The object was listed a moment ago: it is gone, or another one by now.
  ['NoSuchKey', 'focus_changed'],
  ['PreconditionFailed', 'focus_changed'],
  ['InvalidRange', 'focus_changed'],
]);

/** What connections fail with, by the code of Node and of the SDK. */
const AWAY: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'TimeoutError',
]);

/**
 * Makes an error of ours of what the SDK has thrown, after it has tried again by itself where that may help. What is
 * known by nothing stays what it is.
 */
export function s3Error(path: string, cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  const status = statusOf(cause);
  const code = BY_NAME.get(cause.name) ?? byStatus(status) ?? withoutAnswer(cause);
  if (code === null) return cause;
  const answer = status === null ? cause.name : `${status} ${cause.name}`;
  const text = `${path} cannot be read (${answer}): ${cause.message.replace(/\.$/, '')}.`;
  return producerError(code, text, cause);
}

function byStatus(status: number | null): ProducerErrorCode | null {
  if (status === null) return null;
  if (status === 403) return 's3_denied';
  if (status === 412) return 'focus_changed';
  return status === 408 || status === 429 || status >= 500 ? 's3_away' : 's3_refused';
}

function withoutAnswer(cause: Error): ProducerErrorCode | null {
  if (cause.message === 'Region is missing') return 's3_region';
  const code = 'code' in cause ? cause.code : cause.name;
  return AWAY.has(String(code)) || AWAY.has(cause.name) ? 's3_away' : null;
}

/** The SDK notes the status of the answer beside every error that has one. */
function statusOf(cause: Error): number | null {
  const metadata = '$metadata' in cause ? cause.$metadata : null;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return null;
  const { httpStatusCode: status } = metadata;
  return typeof status === 'number' && status >= 300 ? status : null;
}
