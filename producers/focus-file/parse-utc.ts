import type { Instant } from '../../schemas/scalars.ts';
import { instantOf } from '../json-lines/instant.ts';

const UTC_TEXT = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?(?:Z| ?UTC|\+00:00)?$/;

/** Files repeat a few hundred texts; beyond this many the memory of them is dropped. */
const MAX_REMEMBERED = 10_000;

/** `parseUtc` with a memory of the texts that were read. */
export function rememberingParseUtc(): typeof parseUtc {
  const known = new Map<string, Instant | null>();
  return (text) => {
    const instant = known.get(text);
    if (instant !== undefined) return instant;
    if (known.size >= MAX_REMEMBERED) known.clear();
    const parsed = parseUtc(text);
    known.set(text, parsed);
    return parsed;
  };
}

/**
 * Reads the forms in which exports write UTC: `2024-09-18T22:00:00Z` as FOCUS says, without seconds (Azure), with a blank
 * and without `Z` (query engines), and a day alone. Null for all else, other time zones included.
 */
export function parseUtc(text: string): Instant | null {
  const match = UTC_TEXT.exec(text);
  if (match === null) return null;
  const [, day = '', minutes = '00:00', seconds = '00', fraction = ''] = match;
  return instantOf(day, `${minutes}:${seconds}`, fraction);
}
