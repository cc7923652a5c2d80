import { type Attempt, type AttemptOptions, attempt } from './attempt.ts';
import { describeFailure, HttpFailure } from './failure.ts';
import { readBody } from './read-body.ts';
import { retryAfterMs } from './retry-after.ts';

export interface HttpClientOptions extends AttemptOptions {
  /** An answer that is larger is not read to its end. */
  readonly maxBodyBytes: number;
}

export interface HttpRequest {
  readonly url: URL;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Sends it instead of the global `fetch`: for servers that want a certificate, or have one that nobody else knows. */
  readonly fetch?: Fetch;
}

/** `fetch`, as far as it is used here. */
export type Fetch = (url: URL, init: RequestInit) => Promise<Response>;

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Asks other people's servers. */
export interface HttpClient {
  /**
   * Gives the answer when its status is 2xx and its body came whole. What may pass (no connection, a time-out, a cut,
   * 408, 425, 429, 5xx) is tried again after a random pause that grows, or the one that the server asks for.
   *
   * @throws HttpFailure whatever else comes, or when the attempts are used up
   */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** The same limits and retries for a client that makes its own requests: see attempt.ts. */
  attempt<T>(what: string, once: (attempt: Attempt) => Promise<T>): Promise<T>;
}

/** A client that asks again what may pass, within limits of time, length and attempts; see `HttpFailure` for the rest. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  return {
    send: (request) => {
      const what = `${request.method ?? 'GET'} ${shown(request.url)}`;
      return attempt(what, (each) => sendOnce(what, request, each, options), options);
    },
    attempt: (what, once) => attempt(what, once, options),
  };
}

async function sendOnce(
  what: string,
  request: HttpRequest,
  { signal, noteClock }: Attempt,
  { maxBodyBytes, now = Date.now }: HttpClientOptions,
): Promise<HttpAnswer> {
  const { url, method = 'GET', headers = {}, body } = request;
  const send: Fetch = request.fetch ?? fetch;
  try {
    const response = await send(url, {
      method,
      headers,
      // A redirect would carry the credentials to another address.
      redirect: 'manual',
      signal,
      ...(body === undefined ? {} : { body }),
    });
    noteClock(response.headers);
    const text = await readBody(response, url, maxBodyBytes);
    if (response.ok) return { status: response.status, headers: response.headers, text };
    throw HttpFailure.ofStatus(method, url, response.status, text, retryAfterMs(response, now()));
  } catch (cause) {
    if (cause instanceof HttpFailure || signal.aborted) throw cause;
    throw new HttpFailure('away', `${what}: ${describeFailure(cause)}`, { cause });
  }
}

/** Without its query, which may carry what nobody should read. */
function shown(url: URL): string {
  return url.origin + url.pathname;
}
