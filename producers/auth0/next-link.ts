/**
 * The address that the header `Link` (RFC 8288) gives for the next page, resolved against that of this page; null when
 * it gives none.
 */
export function nextLink(headers: Headers, at: string): string | null {
  for (const [, target = '', parameters = ''] of (headers.get('link') ?? '').matchAll(LINK)) {
    const relations = RELATIONS.exec(parameters);
    const names = (relations?.[1] ?? relations?.[2] ?? '').toLowerCase().split(/\s+/);
    if (names.includes('next')) return URL.parse(target, at)?.href ?? null;
  }
  return null;
}

/** A target, and its parameters up to the next target. */
const LINK = /<([^>]*)>((?:[^<"]|"[^"]*")*)/g;
/** One relation, or several in quotes. */
const RELATIONS = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,]+))/i;
