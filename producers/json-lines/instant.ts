import type { Instant } from '../../schemas/scalars.ts';

const INSTANT_TEXT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,30})?Z$/;
/** Up to milliseconds, without the `Z`. */
const MAX_PARSED_LENGTH = '2026-05-09T07:30:00.000'.length;

/** Reads an ISO 8601 instant with `Z`. Finer than milliseconds is cut off. Null for all else, 30 February included. */
export function parseInstant(text: string): Instant | null {
  if (!INSTANT_TEXT.test(text)) return null;
  const ms = Date.parse(text.length <= MAX_PARSED_LENGTH + 1 ? text : `${text.slice(0, MAX_PARSED_LENGTH)}Z`);
  // Date.parse carries days that the month does not have, and the hour 24, over into the next day.
  return Number.isNaN(ms) || new Date(ms).getUTCDate() !== Number(text.slice(8, 10)) ? null : ms;
}

/** The instant of a day, a time and the digits of a fraction of a second; null when the calendar has no such one. */
export function instantOf(day: string, time: string, fraction: string): Instant | null {
  const canonical = `${day}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}Z`;
  const ms = Date.parse(canonical);
  // Date.parse carries days that the month does not have over into the next one.
  return Number.isNaN(ms) || new Date(ms).toISOString() !== canonical ? null : ms;
}
