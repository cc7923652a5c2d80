import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Backoff } from '../retry.ts';
import { describeFailure, HttpFailure } from './failure.ts';
import { readBody } from './read-body.ts';
import { retryAfterMs } from './retry-after.ts';

export interface HttpClientOptions {
  readonly logger: Logger;
  /** Ends what is under way, waits included. */
  readonly signal: AbortSignal;
  /** A request that takes longer is ended and tried again. */
  readonly requestMs: number;
  /** An answer that is larger is not read to its end. */
  readonly maxBodyBytes: number;
  /** How often a request is tried in all. */
  readonly maxAttempts: number;
  /** Up to which length the first pause is. */
  readonly firstPauseMs?: number | undefined;
  /** A server that asks for a longer pause is not waited for. */
  readonly maxPauseMs: number;
  /** Called before each attempt; what it throws ends the request. */
  readonly beforeAttempt?: (() => Promise<void>) | undefined;
  /** Told of every pause before another attempt. */
  readonly onRetry?: (() => void) | undefined;
  /** Told by how much the server's clock is ahead of this one, where it says what time it is. */
  readonly onClock?: ((aheadMs: number) => void) | undefined;
  readonly now?: (() => number) | undefined;
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
}

const FIRST_PAUSE_MS = 500;

export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { logger, signal, maxAttempts, maxPauseMs } = options;
  return {
    send: async (request) => {
      const backoff = new Backoff(options.firstPauseMs ?? FIRST_PAUSE_MS, maxPauseMs);
      for (let attempt = 1; ; attempt++) {
        signal.throwIfAborted();
        await options.beforeAttempt?.();
        const outcome = await attemptOnce(request, options);
        if (!(outcome instanceof HttpFailure)) return outcome;
        signal.throwIfAborted();
        const pauseMs = outcome.pauseMs ?? backoff.nextMs();
        if (outcome.kind !== 'away' || attempt >= maxAttempts || pauseMs > maxPauseMs) throw outcome;
        options.onRetry?.();
        logger.debug({ attempt, pauseMs }, `${outcome.message}: trying again`);
        await sleep(pauseMs, undefined, { signal });
      }
    },
  };
}

async function attemptOnce(request: HttpRequest, options: HttpClientOptions): Promise<HttpAnswer | HttpFailure> {
  const { url, method = 'GET', headers = {}, body } = request;
  const send: Fetch = request.fetch ?? fetch;
  const { signal, requestMs, maxBodyBytes, onClock, now = Date.now } = options;
  const limit = AbortSignal.timeout(requestMs);
  try {
    const response = await send(url, {
      method,
      headers,
      // A redirect would carry the credentials to another address.
      redirect: 'manual',
      signal: AbortSignal.any([signal, limit]),
      ...(body === undefined ? {} : { body }),
    });
    const serverMs = Date.parse(response.headers.get('date') ?? '');
    if (!Number.isNaN(serverMs)) onClock?.(serverMs - now());
    const text = await readBody(response, url, maxBodyBytes);
    if (response.ok) return { status: response.status, headers: response.headers, text };
    return HttpFailure.ofStatus(method, url, response.status, text, retryAfterMs(response.headers, now()));
  } catch (cause) {
    if (cause instanceof HttpFailure) return cause;
    const what = limit.aborted ? `no answer within ${requestMs / 1000} s` : describeFailure(cause);
    return new HttpFailure('away', `${method} ${shown(url)}: ${what}`, { cause });
  }
}

/** Without its query, which may carry what nobody should read. */
function shown(url: URL): string {
  return url.origin + url.pathname;
}
