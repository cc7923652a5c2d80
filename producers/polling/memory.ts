import { z } from 'zod';
import { formatDay } from '../../schemas/day.ts';
import type { Day, Instant } from '../../schemas/scalars.ts';
import { SentReports } from './sent-reports.ts';
import type { AccountMemory } from './window.ts';

const instant = z.number().nullable();
const accountsShape = z.record(z.string(), z.object({ readAt: instant, fullDueAt: instant }));
const runsShape = z.object({ lastRunAt: instant, lastSuccessAt: instant });
const budgetShape = z.object({ day: z.string(), used: z.number() });

const NOTHING: AccountMemory = { readAt: null, fullDueAt: null };

/**
 * What a poller knows from its earlier runs: a view of its journal's state. What changes is taken out with
 * `takeChanges`, to be written to the journal; when that fails, the memory is thrown away and read anew.
 */
export class PollMemory {
  readonly sent: SentReports;
  readonly #texts: Map<string, string>;
  readonly #accounts: Record<string, AccountMemory>;
  #runs: z.output<typeof runsShape>;
  #budget: z.output<typeof budgetShape>;
  readonly #changed = new Map<string, string>();

  constructor(state: ReadonlyMap<string, string>) {
    this.#texts = new Map(state);
    this.sent = new SentReports((month) => state.get(`sent/${month}`) ?? null);
    this.#accounts = this.#parse('accounts', accountsShape, {});
    this.#runs = this.#parse('runs', runsShape, { lastRunAt: null, lastSuccessAt: null });
    this.#budget = this.#parse('budget', budgetShape, { day: '', used: 0 });
  }

  get lastRunAt(): Instant | null {
    return this.#runs.lastRunAt;
  }

  get lastSuccessAt(): Instant | null {
    return this.#runs.lastSuccessAt;
  }

  /** Accounts that were ever read whole. */
  get accounts(): readonly string[] {
    return Object.keys(this.#accounts);
  }

  account(account: string): AccountMemory {
    return this.#accounts[account] ?? NOTHING;
  }

  setAccount(account: string, memory: AccountMemory): void {
    this.#accounts[account] = memory;
    this.#changed.set('accounts', JSON.stringify(this.#accounts));
  }

  setRun(at: Instant, isSuccess: boolean): void {
    this.#runs = { lastRunAt: at, lastSuccessAt: isSuccess ? at : this.#runs.lastSuccessAt };
    this.#changed.set('runs', JSON.stringify(this.#runs));
  }

  /** Requests that were made on the day. */
  requestsOn(day: Day): number {
    return this.#budget.day === formatDay(day) ? this.#budget.used : 0;
  }

  setRequests(day: Day, used: number): void {
    this.#budget = { day: formatDay(day), used };
    this.#changed.set('budget', JSON.stringify(this.#budget));
  }

  /** The poller's own state; null when there is none of that name. */
  own(name: string): string | null {
    return this.#texts.get(`own/${name}`) ?? null;
  }

  setOwn(name: string, text: string): void {
    if (text === '') this.#texts.delete(`own/${name}`);
    else this.#texts.set(`own/${name}`, text);
    this.#changed.set(`own/${name}`, text);
  }

  takeChanges(): ReadonlyMap<string, string> {
    for (const [month, text] of this.sent.takeChanges()) this.#changed.set(`sent/${month}`, text);
    const changes = new Map(this.#changed);
    this.#changed.clear();
    return changes;
  }

  #parse<T>(key: string, shape: z.ZodType<T>, none: T): T {
    const text = this.#texts.get(key);
    return text === undefined ? none : shape.parse(JSON.parse(text));
  }
}
