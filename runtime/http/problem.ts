import { STATUS_CODES } from 'node:http';

export const PROBLEM_TYPE = 'application/problem+json';

/**
 * An answer that is no success, as a problem document (RFC 9457): routes throw it. What stands in it is for the client;
 * `code` is stable and may be matched on.
 */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  /** Members of the document beyond those of the RFC. */
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    detail: string,
    more: { members?: Problem['members']; headers?: Problem['headers']; cause?: unknown } = {},
  ) {
    super(detail, { cause: more.cause });
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.members = more.members ?? {};
    this.headers = more.headers ?? {};
  }

  /** With the type `about:blank` the title is that of the status. */
  toJSON(): object {
    const title = STATUS_CODES[this.status] ?? 'Error';
    return { type: 'about:blank', title, status: this.status, code: this.code, detail: this.message, ...this.members };
  }
}

/** The problem of whatever a route, or the server itself, has thrown. Defects show nothing of what is inside. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Error) {
    const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
    const known = typeof code === 'string' ? BY_CODE.get(code) : undefined;
    if (known !== undefined) return new Problem(...known, { cause: error });
    // What fastify itself refuses it refuses for what the client has sent. A stream's error is a body cut off.
    if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
      return new Problem(statusCode, 'bad_request', 'The request cannot be read.', { cause: error });
    }
  }
  return new Problem(500, 'defect', 'Something went wrong here; it is in the log.', { cause: error });
}

/** Errors of fastify (https://fastify.dev/docs/latest/Reference/Errors/), and of Node's parser of HTTP. */
const BY_CODE: ReadonlyMap<string, readonly [number, string, string]> = new Map([
  ['FST_ERR_CTP_BODY_TOO_LARGE', [413, 'body_too_large', 'The body is larger than this route takes.']],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', [415, 'wrong_content_type', 'This route does not take that content type.']],
  ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', [400, 'body_cut_off', 'The body is not as long as Content-Length says.']],
  ['FST_ERR_BAD_URL', [400, 'bad_url', 'The address holds a % that encodes nothing.']],
  ['FST_ERR_MAX_PARAM_LENGTH', [414, 'url_too_long', 'A part of the address is too long.']],
  ['HPE_HEADER_OVERFLOW', [431, 'headers_too_large', 'The headers are too large.']],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'too_slow', 'The request did not arrive in time.']],
]);

/** The problem of bytes that are no HTTP, and so never came to a route. */
export function problemOfConnection(error: Error & { code?: string }): Problem {
  const known = BY_CODE.get(error.code ?? '');
  return known === undefined
    ? new Problem(400, 'bad_request', 'This is no request of HTTP.', { cause: error })
    : new Problem(...known, { cause: error });
}
