/**
 * The pause that an answer asks for: by `Retry-After`, in seconds or until a date (RFC 9110 section 10.2.3), or where a
 * limit of requests is reached (429) by `X-RateLimit-Reset`. Null when it asks for none, or in words that nobody knows.
 */
export function retryAfterMs({ status, headers }: Pick<Response, 'status' | 'headers'>, nowMs: number): number | null {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const atMs = Date.parse(text);
  if (!Number.isNaN(atMs)) return Math.max(0, atMs - nowMs);
  return status === 429 ? resetMs(headers, nowMs) : null;
}

/** No pause is as many seconds long: such a number is a time, in seconds since 1970. */
const MIN_TIME_S = 1_000_000_000;

/** Until the limit counts anew: Auth0 says when, by its own clock, and others in how many seconds. */
function resetMs(headers: Headers, nowMs: number): number | null {
  const text = headers.get('x-ratelimit-reset')?.trim() ?? '';
  if (!/^\d{1,10}$/.test(text)) return null;
  const seconds = Number(text);
  if (seconds < MIN_TIME_S) return seconds * 1000;
  const serverMs = Date.parse(headers.get('date') ?? '');
  return Math.max(0, seconds * 1000 - (Number.isNaN(serverMs) ? nowMs : serverMs));
}
