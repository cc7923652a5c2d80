import type { Period } from '../schemas/catalog.ts';
import { parseDay } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';

/** Days from `from` (inclusive) to `to` (exclusive); null is an open end. */
export interface DayRange {
  readonly from: Day | null;
  readonly to: Day | null;
}

/** The same as numbers, an open end being infinite: what can be compared and sorted. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The days of a period whose texts have been checked. */
export function spanOf({ from, to }: Period): Span {
  return { from: dayOr(from, Number.NEGATIVE_INFINITY), to: dayOr(to, Number.POSITIVE_INFINITY) };
}

/** Whether a span includes a day. */
export function covers(span: Span, day: number): boolean {
  return span.from <= day && day < span.to;
}

/** Whether a range includes a day. */
export function includes({ from, to }: DayRange, day: Day): boolean {
  return covers({ from: from ?? Number.NEGATIVE_INFINITY, to: to ?? Number.POSITIVE_INFINITY }, day);
}

/** A span as a range. */
export function rangeOf({ from, to }: Span): DayRange {
  return { from: finiteDay(from), to: finiteDay(to) };
}

function dayOr(text: string | undefined, open: number): number {
  return (text === undefined ? null : parseDay(text)) ?? open;
}

function finiteDay(day: number): Day | null {
  return Number.isFinite(day) ? (day as Day) : null;
}
