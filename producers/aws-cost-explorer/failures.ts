import { z } from 'zod';
import { excerpt, HttpFailure, type HttpFailureKind, kindOfStatus } from '../../runtime/http/failure.ts';
import { retryAfterMs } from '../../runtime/http/retry-after.ts';
import { sourceError } from '../polling/errors.ts';

/**
 * What the SDK throws: an exception of the service, or any error on the way, with what is known of the answer.
 * `clockSkewCorrected`: it has set its clock by that of AWS, and signs the next attempt by it.
 */
const thrownShape = z.object({
  name: z.string(),
  message: z.string(),
  code: z.string().optional(),
  $metadata: z.object({ httpStatusCode: z.number().optional(), clockSkewCorrected: z.boolean().optional() }).optional(),
});

type Thrown = z.output<typeof thrownShape>;

/**
 * What the service calls its errors, whose status is 400 for nearly all: the name decides.
 * https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/CommonErrors.html
 */
const KINDS: Readonly<Record<string, HttpFailureKind>> = {
  LimitExceededException: 'away',
  RequestLimitExceeded: 'away',
  Throttling: 'away',
  ThrottlingException: 'away',
  TooManyRequestsException: 'away',
  InternalFailure: 'away',
  ServiceUnavailable: 'away',
  RequestTimeout: 'away',
  ExpiredToken: 'unauthorized',
  ExpiredTokenException: 'unauthorized',
  IncompleteSignature: 'unauthorized',
  InvalidClientTokenId: 'unauthorized',
  InvalidSignatureException: 'unauthorized',
  MissingAuthenticationToken: 'unauthorized',
  RequestExpired: 'unauthorized',
  SignatureDoesNotMatch: 'unauthorized',
  UnrecognizedClientException: 'unauthorized',
  AccessDenied: 'forbidden',
  AccessDeniedException: 'forbidden',
  NotAuthorized: 'forbidden',
  OptInRequired: 'forbidden',
};

/** What a signature is told when it is of another time. */
const BY_CLOCK: ReadonlySet<string> = new Set(['InvalidSignatureException', 'RequestExpired', 'SignatureDoesNotMatch']);

/** The pages that were read so far lead nowhere: the first one leads to new ones. */
const EXPIRED: ReadonlySet<string> = new Set([
  'BillExpirationException',
  'InvalidNextTokenException',
  'RequestChangedException',
]);

export function isExpired(error: unknown): boolean {
  return error instanceof Error && EXPIRED.has(error.name);
}

/** What is thrown in place of what the SDK throws; that itself when nobody knows it. */
export function failureOf(cause: unknown, what: string, headers: Headers): unknown {
  const parsed = thrownShape.safeParse(cause);
  if (!parsed.success) return cause;
  const thrown = parsed.data;
  const text = `${what}: ${textOf(thrown)}`;
  if (thrown.name === 'DataUnavailableException') return sourceError('no_data', `${text}.`, cause);
  if (thrown.name === 'CredentialsProviderError') return sourceError('credentials_missing', `${text}.`, cause);
  const kind = kindOf(thrown);
  if (kind === null) return cause;
  const pauseMs = retryAfterMs({ status: thrown.$metadata?.httpStatusCode ?? 0, headers }, Date.now());
  return new HttpFailure(kind, text, { cause, pauseMs });
}

function kindOf({ name, code, $metadata = {} }: Thrown): HttpFailureKind | null {
  const { httpStatusCode: status, clockSkewCorrected = false } = $metadata;
  // A connection that ended has a code, whatever the head of the answer was.
  if (code !== undefined || name === 'TimeoutError') return 'away';
  if (status === undefined) return null;
  if (status < 300) return 'garbled';
  if (clockSkewCorrected && BY_CLOCK.has(name)) return 'away';
  return KINDS[name] ?? kindOfStatus(status);
}

/** The SDK adds advice for programmers from the second line on. */
function textOf({ name, message, $metadata }: Thrown): string {
  const [line = ''] = message.split('\n');
  const status = $metadata?.httpStatusCode;
  const said = excerpt(line).replace(/\.$/, '') || 'no reason given';
  return status === undefined ? said : `AWS answered ${status} (${name}): ${said}`;
}
