/**
 * The pause that `Retry-After` asks for, in seconds or until a date (RFC 9110 section 10.2.3); null when it asks for
 * none, or in words that nobody knows.
 */
export function retryAfterMs(headers: Headers, nowMs: number): number | null {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}
