import { allocateDay } from '../../attribution/allocate-day.ts';
import type { AttributionDocument } from '../../schemas/attribution-document.ts';
import { addDays, parseDay } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import { catalogOf, inputsOf, type PlatformSize } from '../platform-day.ts';

export interface Platform extends PlatformSize {
  readonly days: number;
}

/** The documents of each day of a platform, as the attributor makes them: a day's in one list. */
export function platformDocuments(platform: Platform, revision: number): AttributionDocument[][] {
  const catalog = catalogOf(platform);
  return Array.from({ length: platform.days }, (_, index) => {
    const inputs = inputsOf(platform, addDays(FIRST_DAY, index), revision);
    return [...allocateDay(inputs, catalog).documents];
  });
}

/** A Monday, and the first of a month: every shape meets the same number of weeks and months. */
const FIRST_DAY = parseDay('2026-06-01') ?? (0 as Day);
