import type { Day, Instant } from '../../schemas/scalars.ts';
import type { ReplayPoint } from './open-days.ts';

/** What the meter writes beside a committed offset: enough to fold the same state again from the input. */
export interface CommittedState {
  /** Where the fold begins. */
  readonly replay: ReplayPoint;
  /** Days before this one were closed; minus infinity when none was. */
  readonly oldestDay: Day;
}

/** Version, offset, event time in milliseconds, oldest open day; empty where there is none: `1 4711 1778284800000 20575`. */
export function formatCommittedState({ replay, oldestDay }: CommittedState): string {
  return [VERSION, replay.offset, textOf(replay.eventTime), textOf(oldestDay)].join(' ');
}

/** Null for any other text: an offset that was set by hand, or by a version that wrote something else. */
export function parseCommittedState(text: string): CommittedState | null {
  const [, offset = '', eventTime = '', oldestDay = ''] = PATTERN.exec(text) ?? [];
  if (offset === '') return null;
  return { replay: { offset: Number(offset), eventTime: numberOf(eventTime) }, oldestDay: numberOf(oldestDay) as Day };
}

const VERSION = '1';
const PATTERN = /^1 (\d{1,16}) (-?\d{1,16})? (-?\d{1,16})?$/;

function textOf(value: Instant): string {
  return value === Number.NEGATIVE_INFINITY ? '' : String(value);
}

function numberOf(text: string): number {
  return text === '' ? Number.NEGATIVE_INFINITY : Number(text);
}
