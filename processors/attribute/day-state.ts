import type { CompiledCatalog } from '../../attribution/compile-catalog.ts';
import type { Codec } from '../../runtime/task.ts';
import type { Day } from '../../schemas/scalars.ts';
import { catalogs } from '../../schemas/topics.ts';
import { DayReports } from './day-reports.ts';
import type { Emitted } from './emitted.ts';
import { Pace, type PaceLimits } from './pace.ts';
import { StandingTotals } from './standing-totals.ts';
import type { Texts } from './texts.ts';

/** Everything that a task knows of one day: its inputs, what of them is not out yet, and what readers hold. */
export class DayState {
  readonly day: Day;
  readonly reports: DayReports;
  readonly totals: StandingTotals;
  readonly pace: Pace;
  /** What readers hold; null until the task has caught up. */
  held: Held | null = null;
  /** By topic, the first record since the last computation that may change the day. */
  readonly #dirtiedBy = new Map<string, number>();

  constructor(day: Day, codec: Codec, texts: Texts, limits: PaceLimits) {
    this.day = day;
    this.reports = new DayReports(codec);
    this.totals = new StandingTotals(day, texts);
    this.pace = new Pace(limits);
  }

  get isDirty(): boolean {
    return this.#dirtiedBy.size > 0;
  }

  /** Whether more than a catalog may have changed the day. */
  get isDirtiedByInputs(): boolean {
    return [...this.#dirtiedBy.keys()].some((topic) => topic !== catalogs.name);
  }

  /** The record at `offset` may change the day, so that it is not committed before the day is out. */
  dirty(topic: string, offset: number): void {
    if (!this.#dirtiedBy.has(topic)) this.#dirtiedBy.set(topic, offset);
  }

  firstDirtiedBy(topic: string): number | undefined {
    return this.#dirtiedBy.get(topic);
  }

  /** The day is out: readers hold `emitted`. */
  out(emitted: Emitted): void {
    this.held = { as: 'digests', emitted };
    this.#dirtiedBy.clear();
  }

  /** An earlier owner may have written anything for the day, in these currencies among others. */
  loseTrack(currencies: Iterable<string>): void {
    if (this.held?.as !== 'anything') this.held = { as: 'anything', currencies: new Set(this.reports.currencies()) };
    for (const currency of currencies) this.held.currencies.add(currency);
  }
}

/** What readers hold of a day. */
export type Held =
  /** Exactly this. */
  | { readonly as: 'digests'; readonly emitted: Emitted }
  /** What the inputs, as they stand, give with this catalog. */
  | { readonly as: 'inputs'; readonly catalog: CompiledCatalog }
  /** Documents that an earlier owner may have written without committing: any tenant's, in any of these currencies. */
  | { readonly as: 'anything'; readonly currencies: Set<string> };
