import type { Instant } from '../schemas/scalars.ts';

/** Why a call, sample or report is refused by its record alone: a value that becomes a dead letter or a line in a list. */
export interface Refusal {
  readonly reason: RefusalReason;
  /** What is wrong with what, in a sentence. */
  readonly detail: string;
}

/** In the order of allocation.md section 8, and of a report's key: the first that applies is the one given. */
export type RefusalReason =
  | 'invalid'
  | 'empty_id'
  | 'empty_tenant'
  | 'ended_before_started'
  | 'too_long'
  | 'in_future'
  | 'wrong_key';

/** How far a start may lie ahead of the clock (at the edge) or of the record's timestamp (in the meter). */
export const MAX_AHEAD_MS = 5 * 60_000;

/**
 * Bytes of UTF-8 in one text that becomes a key or a column. Kubernetes names have at most 253; longer texts would let
 * one record make an index entry that Postgres cannot store, and so stop the sink.
 */
const MAX_TEXT_BYTES = 256;

/** What is wrong with a text, or null: too long, or with a NUL, which Postgres cannot store. */
export function faultOfText(name: string, text: string): string | null {
  if (text.includes('\0')) return `${name} contains the character U+0000.`;
  if (isLongerThan(MAX_TEXT_BYTES, text)) return `${name} is longer than ${MAX_TEXT_BYTES} bytes of UTF-8.`;
  return null;
}

/** What is wrong with an instant, or null: days are written with four-digit years. */
export function faultOfInstant(name: string, instant: Instant): string | null {
  if (Number.isInteger(instant) && instant >= FIRST_INSTANT && instant <= LAST_INSTANT) return null;
  return `${name} is not an instant of the years 0000 to 9999.`;
}

const FIRST_INSTANT = Date.parse('0000-01-01T00:00:00.000Z');
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z');

/** Counts bytes only where the length leaves it open: a UTF-16 unit takes one to three bytes. */
function isLongerThan(maxBytes: number, text: string): boolean {
  if (text.length > maxBytes) return true;
  return text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes;
}

/** Writes an instant for people; the ones that a calendar lacks as a number. */
export function describeInstant(instant: Instant): string {
  return faultOfInstant('', instant) === null ? new Date(instant).toISOString() : String(instant);
}
