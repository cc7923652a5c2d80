import type { Instant } from '../../schemas/scalars.ts';

const INSTANT_TEXT = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.(\d{1,30}))?Z$/;

/** Reads an ISO 8601 instant with `Z`. Finer than milliseconds is cut off. Null for all else, 30 February included. */
export function parseInstant(text: string): Instant | null {
  const match = INSTANT_TEXT.exec(text);
  if (match === null) return null;
  const [, day = '', time = '', fraction = ''] = match;
  return instantOf(day, time, fraction);
}

/** The instant of a day, a time and the digits of a fraction of a second; null when the calendar has no such one. */
export function instantOf(day: string, time: string, fraction: string): Instant | null {
  const canonical = `${day}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}Z`;
  const ms = Date.parse(canonical);
  // Date.parse carries days that the month does not have over into the next one.
  return Number.isNaN(ms) || new Date(ms).toISOString() !== canonical ? null : ms;
}
