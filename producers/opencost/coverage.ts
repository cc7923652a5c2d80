/** How much of a day OpenCost knows. Its windows are rounded, and those of allocations are as long as Prometheus knows. */
import { z } from 'zod';
import { addDays, formatDay, startOf } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import type { Allocation } from './api.ts';

export const DAY_MINUTES = 24 * 60;

/** Starts and ends are as exact as samples are dense. */
const TOLERANCE_MINUTES = 10;

/** Minutes of the day before the first of which anything is known. */
export function beginMinutes(allocations: readonly Allocation[], day: Day): number {
  const start = allocations.reduce((first, each) => Math.min(first, each.start), startOf(addDays(day, 1)));
  return Math.max(0, Math.round((start - startOf(day)) / 60_000));
}

/** Minutes from the first to the last of which anything is known; all of the day when hardly any is missing. */
export function coveredMinutes(allocations: readonly Allocation[], day: Day): number {
  const end = allocations.reduce((last, each) => Math.max(last, each.end), startOf(day));
  const endMinutes = Math.min(DAY_MINUTES, Math.round((end - startOf(day)) / 60_000));
  const minutes = Math.max(0, endMinutes - beginMinutes(allocations, day));
  return minutes >= DAY_MINUTES - TOLERANCE_MINUTES ? DAY_MINUTES : minutes;
}

const beginsShape = z.record(z.string(), z.number());

/** Days beyond these are not asked for again. */
const MAX_DAYS = 400;

/**
 * Where each day began when most was known of it. Prometheus forgets from the oldest on, so that the oldest day it knows
 * shrinks, until it is gone: what is left of it must not replace the whole.
 */
export class KnownBegins {
  readonly #begins: Map<string, number>;

  /** @param text as `text` has given it */
  constructor(text: string | null) {
    this.#begins = new Map(Object.entries(beginsShape.parse(JSON.parse(text ?? '{}'))));
  }

  /** False, and nothing is remembered, when the day began earlier once: a part of it is forgotten. */
  remember(day: Day, begin: number): boolean {
    const known = this.#begins.get(formatDay(day)) ?? DAY_MINUTES;
    if (begin > known + TOLERANCE_MINUTES) return false;
    this.#begins.set(formatDay(day), Math.min(begin, known));
    return true;
  }

  text(): string {
    const newest = [...this.#begins].sort(([a], [b]) => (a < b ? -1 : 1)).slice(-MAX_DAYS);
    return JSON.stringify(Object.fromEntries(newest));
  }
}
