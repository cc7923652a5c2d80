/**
 * What an answer that cannot be used means. `away`: it may pass, try again later. `unauthorized`: 401. `forbidden`: 403.
 * `refused`: any other answer that asking again would not change. `garbled`: it is not what was asked for.
 */
export type HttpFailureKind = 'away' | 'unauthorized' | 'forbidden' | 'refused' | 'garbled';

export interface HttpFailureOptions {
  readonly cause?: unknown;
  readonly status?: number;
  /** What the server said. */
  readonly body?: string;
  /** The pause that the server asks for. */
  readonly pauseMs?: number | null;
}

/** A request without a usable answer. */
export class HttpFailure extends Error {
  readonly kind: HttpFailureKind;
  /** Null where there was no answer. */
  readonly status: number | null;
  readonly body: string;
  readonly pauseMs: number | null;

  constructor(kind: HttpFailureKind, message: string, options: HttpFailureOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'HttpFailure';
    this.kind = kind;
    this.status = options.status ?? null;
    this.body = options.body ?? '';
    this.pauseMs = options.pauseMs ?? null;
  }

  static ofStatus(method: string, url: URL, status: number, body: string, pauseMs: number | null): HttpFailure {
    const said = body.trim() === '' ? '' : `: ${excerpt(body)}`;
    const message = `${method} ${url.origin}${url.pathname} answered ${status}${said}`;
    return new HttpFailure(kindOfStatus(status), message, { status, body, pauseMs });
  }
}

/** RFC 9110: what asking again may change. 425 is Too Early. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** What an answer with the status says of asking again. */
export function kindOfStatus(status: number): HttpFailureKind {
  if (PASSING.has(status) || status >= 500) return 'away';
  if (status === 401) return 'unauthorized';
  return status === 403 ? 'forbidden' : 'refused';
}

const MAX_EXCERPT_LENGTH = 300;

/** What servers say goes to logs and terminals: on one line, and not without end. */
export function excerpt(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > MAX_EXCERPT_LENGTH ? `${line.slice(0, MAX_EXCERPT_LENGTH)}…` : line;
}

/** `fetch` says only that it failed; the reason stands in the cause. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? describeFailure(error.cause) : error.message || error.name;
}
