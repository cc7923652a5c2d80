import type { CompiledCatalog } from '../../attribution/compile-catalog.ts';
import type { Codec } from '../../runtime/task.ts';
import type { Day } from '../../schemas/scalars.ts';
import { DayState } from './day-state.ts';
import { sizeOf } from './emitted.ts';
import type { PaceLimits } from './pace.ts';
import { Texts } from './texts.ts';

/** Digests kept of days that are out. Those of other days are computed again when they are needed. */
const MAX_DIGESTS = 200_000;

/** The days of a task. */
export class Days {
  readonly #codec: Codec;
  readonly #limits: PaceLimits;
  readonly #maxDigests: number;
  readonly #texts = new Texts();
  readonly #states = new Map<Day, DayState>();
  /** Days whose digests are known, the longest unchanged first. */
  readonly #remembered = new Set<DayState>();

  constructor(codec: Codec, limits: PaceLimits, maxDigests = MAX_DIGESTS) {
    this.#codec = codec;
    this.#limits = limits;
    this.#maxDigests = maxDigests;
  }

  get size(): number {
    return this.#states.size;
  }

  all(): Iterable<DayState> {
    return this.#states.values();
  }

  find(day: Day): DayState | undefined {
    return this.#states.get(day);
  }

  add(day: Day): DayState {
    const state = new DayState(day, this.#codec, this.#texts, this.#limits);
    this.#states.set(day, state);
    return state;
  }

  /** The newest first: readers look at today before they look at a year ago, and pacing leaves room for the others. */
  due(nowMs: number): DayState[] {
    const due = [...this.#states.values()].filter((state) => state.isDirty && state.pace.isDue(nowMs));
    return due.sort((a, b) => b.day - a.day);
  }

  /** The first record of a topic that dirtied a day which is not out yet; infinity when there is none. */
  firstDirtiedBy(topic: string): number {
    let first = Number.POSITIVE_INFINITY;
    for (const state of this.#states.values()) first = Math.min(first, state.firstDirtiedBy(topic) ?? first);
    return first;
  }

  /** Whether there is a day that readers may hold anything of. */
  haveUnknown(): boolean {
    return [...this.#states.values()].some(({ held }) => held?.as === 'anything');
  }

  /** Notes that a day has just come out. */
  out(state: DayState): void {
    this.#remembered.delete(state);
    this.#remembered.add(state);
  }

  /** Forgets digests beyond the limit, of days that are out: their inputs give them again with the catalog in force. */
  forgetDigests(catalog: CompiledCatalog): void {
    let kept = 0;
    for (const { held } of this.#remembered) kept += held?.as === 'digests' ? sizeOf(held.emitted) : 0;
    for (const state of this.#remembered) {
      if (kept <= this.#maxDigests) return;
      if (state.isDirty || state.held?.as !== 'digests') continue;
      kept -= sizeOf(state.held.emitted);
      state.held = { as: 'inputs', catalog };
      this.#remembered.delete(state);
    }
  }

  /** Forgets the days before `first`, but for those whose inputs are not out yet. */
  forgetBefore(first: number): void {
    for (const [day, state] of this.#states) {
      if (day >= first || state.isDirtiedByInputs) continue;
      this.#states.delete(day);
      this.#remembered.delete(state);
    }
  }
}
