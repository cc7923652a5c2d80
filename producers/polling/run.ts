import type { Logger } from 'pino';
import { ApportionError } from '../../runtime/errors.ts';
import type { HttpClient } from '../../runtime/http/client.ts';
import { type Publication, publication } from '../../runtime/journal.ts';
import type { SecretRef } from '../../runtime/secrets.ts';
import type { Catalog } from '../../schemas/catalog.ts';
import { DAY_MS, type DayRange, dayOf, formatDay } from '../../schemas/day.ts';
import type { Day, Instant } from '../../schemas/scalars.ts';
import type { SourceStatus } from '../../schemas/source-status.ts';
import { costReports, sourceStatuses, usage } from '../../schemas/topics.ts';
import type { UsageSample } from '../../schemas/usage-sample.ts';
import type { DayCost, LookBack, PollRun } from '../poller.ts';
import { reportBytes } from '../report-bytes.ts';
import { sourceError } from './errors.ts';
import type { PollerHost } from './host.ts';
import type { PollMemory } from './memory.ts';
import { newReports } from './new-reports.ts';
import type { CommonSettings } from './settings.ts';
import { createSourceHttp } from './source-http.ts';
import { type Window, windowOf } from './window.ts';

export interface RunOptions {
  readonly name: string;
  readonly lookBack: LookBack | null;
  readonly settings: CommonSettings;
  readonly host: PollerHost;
  readonly journal: RunJournal;
  readonly startedAt: Instant;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** Those that a command names; null where it names none. */
  readonly days: NamedDays | null;
}

/** The first and the last day that somebody asks for; null where only the other one is named. */
export interface NamedDays {
  readonly from: Day | null;
  readonly to: Day | null;
}

/** What a run knows and writes: memory and journal as one. */
export interface RunJournal {
  readonly memory: PollMemory;
  /** Publishes, and saves what has changed in the memory with it. */
  write(publications: readonly Publication[]): Promise<void>;
  /** A write has failed: nobody knows what stands there. */
  readonly isBroken: boolean;
}

/** How reading an account went: null when all of it went well. */
export type AccountOutcomes = ReadonlyMap<string, ApportionError | null>;

const MAX_TOLD = 100;
/** Texts of a run that does not come to an end must not fill the memory. */
const MAX_PENDING_BYTES = 256 * 1024 * 1024;
const MAX_CLOCK_SKEW_MS = 5 * 60_000;

interface Pending {
  readonly costs: DayCost[];
  readonly samples: UsageSample[];
  readonly state: Map<string, string>;
}

/** What came of the account that is being read, which may be published piece by piece. */
interface AccountSoFar {
  isTold: boolean;
  isUnsettled: boolean;
  readonly refused: Day[];
}

/** One run: collects what the poller says, and publishes what is new of it. */
export class Run implements PollRun {
  readonly source: string;
  readonly startedAt: Instant;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly http: HttpClient;
  readonly notes: string[] = [];
  readonly warnings: string[] = [];
  readonly faults: string[] = [];
  faultCount = 0;
  reports = 0;
  unchanged = 0;
  samples = 0;
  requests = 0;
  retries = 0;
  readonly #options: RunOptions;
  readonly #outcomes = new Map<string, ApportionError | null>();
  #account = untold();
  #pending: Pending = nothing();
  #pendingBytes = 0;

  constructor(options: RunOptions) {
    const { settings, host, signal, logger, startedAt } = options;
    this.#options = options;
    this.source = settings.source;
    this.startedAt = startedAt;
    this.signal = signal;
    this.logger = logger;
    this.http = createSourceHttp({
      logger,
      signal,
      requestMs: settings.requestSeconds * 1000,
      beforeAttempt: () => this.countRequest(),
      onRetry: () => {
        this.retries += 1;
      },
      onClock: (aheadMs) => this.#compareClocks(aheadMs),
      firstPauseMs: host.firstPauseMs,
      now: host.now,
    });
  }

  get outcomes(): AccountOutcomes {
    return this.#outcomes;
  }

  get #memory() {
    return this.#options.journal.memory;
  }

  async countRequest(): Promise<void> {
    const { dailyRequests } = this.#options.settings;
    if (dailyRequests !== null) await this.#spendRequest(dailyRequests);
    this.requests += 1;
  }

  async #spendRequest(dailyRequests: number): Promise<void> {
    const today = dayOf(this.#options.host.now());
    const used = this.#memory.requestsOn(today);
    if (used >= dailyRequests) {
      throw sourceError(
        'budget_spent',
        `${this.#options.name} has made the ${dailyRequests} requests that it may make on ${formatDay(today)}.`,
      );
    }
    // Before it is made: whatever happens then, it is not made twice.
    this.#memory.setRequests(today, used + 1);
    await this.#options.journal.write([]);
  }

  secret(ref: SecretRef): Promise<string> {
    return this.#options.host.secrets.read(ref);
  }

  catalog(): Promise<Catalog | null> {
    return this.#options.host.catalog();
  }

  window(account: string): DayRange {
    const { days } = this.#options;
    const { from, to } = this.#lookBack(account);
    return { from: days?.from ?? from, to: days?.to ?? to };
  }

  get namesDays(): boolean {
    return this.#options.days !== null;
  }

  async eachAccount(accounts: readonly string[], read: (account: string) => Promise<void>): Promise<void> {
    for (const account of accounts) {
      await this.commit();
      this.#account = untold();
      const failure = await this.#attempt(account, read);
      if (failure === null) await this.#finish(account);
      else this.#fail(account, failure);
    }
  }

  report(cost: DayCost): void {
    if (!this.#isWanted(cost.day)) return;
    this.#pending.costs.push(cost);
    this.#pendingBytes += reportBytes({ ...cost, source: this.source, observedAt: 0, status: 'final' });
    if (this.#pendingBytes > MAX_PENDING_BYTES) {
      throw sourceError('run_too_large', `${this.#options.name} reads more than ${MAX_PENDING_BYTES} bytes at once.`);
    }
  }

  usage(samples: readonly UsageSample[]): void {
    for (const sample of samples) this.#pending.samples.push(sample);
  }

  state(name: string): string | null {
    const pending = this.#pending.state.get(name);
    if (pending !== undefined) return pending === '' ? null : pending;
    return this.#memory.own(name);
  }

  setState(name: string, text: string): void {
    this.#pending.state.set(name, text);
  }

  note(text: string): void {
    this.notes.push(text);
  }

  warn(text: string): void {
    if (this.warnings.length < MAX_TOLD && !this.warnings.includes(text)) this.warnings.push(text);
  }

  fault(text: string): void {
    this.faultCount += 1;
    if (this.faults.length < MAX_TOLD) this.faults.push(text);
  }

  /** Saves how the run went, with the status of the source. */
  async end(status: SourceStatus, isSuccess: boolean): Promise<void> {
    this.#memory.setRun(this.startedAt, isSuccess);
    await this.#options.journal.write([publication(sourceStatuses, [status])]);
  }

  /** What was wrong with the account; what concerns the whole run is thrown. */
  async #attempt(account: string, read: (account: string) => Promise<void>): Promise<ApportionError | null> {
    try {
      await read(account);
      return null;
    } catch (error) {
      this.#drop();
      const broken: unknown = this.signal.aborted ? this.signal.reason : error;
      if (!(broken instanceof ApportionError) || FOR_ALL.has(broken.code) || this.#options.journal.isBroken)
        throw broken;
      return broken;
    }
  }

  #fail(account: string, error: ApportionError): void {
    this.#outcomes.set(account, error);
    this.fault(`${account}: ${error.message}`);
  }

  /** All of the account is there: publishes it, and remembers that it was read. */
  async #finish(account: string): Promise<void> {
    const { days: named, lookBack } = this.#options;
    await this.commit();
    const { isTold, isUnsettled, refused } = this.#account;
    if (refused.length > 0) {
      const days = daysText(refused);
      return this.#fail(
        account,
        sourceError('no_data', `The source says that ${days} had no cost, which is not believed.`),
      );
    }
    if (lookBack !== null && named === null && !isTold) {
      const { from, to } = this.window(account);
      const days = `${formatDay(from)} to ${formatDay(to)}`;
      return this.#fail(account, sourceError('no_data', `The source says nothing of ${days}.`));
    }
    this.#outcomes.set(account, null);
    if (lookBack === null || named !== null) return;
    const { isFull } = this.#lookBack(account);
    const fullDays = isUnsettled ? 1 : (lookBack.full?.everyDays ?? 1);
    const fullDueAt = isFull ? this.startedAt + fullDays * DAY_MS : this.#memory.account(account).fullDueAt;
    this.#memory.setAccount(account, { readAt: this.startedAt, fullDueAt });
    await this.#options.journal.write([]);
  }

  async commit(): Promise<void> {
    const { settings, startedAt, journal } = this.#options;
    const { acceptEmpty } = settings;
    const { costs, samples, state } = this.#take();
    const options = { source: this.source, startedAt, acceptEmpty, sent: this.#memory.sent };
    const reports = costs.flatMap((cost) => {
      const found = newReports(cost, options);
      if (found.isEmptyRefused) this.#account.refused.push(cost.day);
      if (found.reports.length === 0) this.unchanged += 1;
      this.#account.isTold ||= cost.lines.length > 0 || acceptEmpty;
      this.#account.isUnsettled ||= found.isUnsettled && this.#isPastUsual(cost);
      for (const report of found.reports) this.#memory.sent.remember(report, cost.account);
      return found.reports;
    });
    for (const [name, text] of state) this.#memory.setOwn(name, text);
    if (reports.length + samples.length + state.size > 0) {
      await journal.write([publication(costReports, reports), publication(usage, samples)]);
    }
    this.reports += reports.length;
    this.samples += samples.length;
  }

  #isWanted(day: Day): boolean {
    const { days } = this.#options;
    return (days?.from ?? day) <= day && day <= (days?.to ?? day);
  }

  #take(): Pending {
    const taken = this.#pending;
    this.#drop();
    return taken;
  }

  #drop(): void {
    this.#pending = nothing();
    this.#pendingBytes = 0;
  }

  #lookBack(account: string): Window {
    const { lookBack, name } = this.#options;
    if (lookBack === null) throw new Error(`${name} tells only of now`);
    return windowOf(lookBack, this.#memory.account(account), this.startedAt);
  }

  /** Whether only a full look asks for the day again. */
  #isPastUsual({ account, day }: DayCost): boolean {
    return this.#options.lookBack !== null && day < this.#lookBack(account).usualFrom;
  }

  #compareClocks(aheadMs: number): void {
    if (Math.abs(aheadMs) <= MAX_CLOCK_SKEW_MS) return;
    const minutes = Math.round(Math.abs(aheadMs) / 60_000);
    this.warn(`The clock of the source is ${minutes} minutes ${aheadMs > 0 ? 'ahead of' : 'behind'} this one.`);
  }
}

/** What concerns one account concerns all of them. */
const FOR_ALL: ReadonlySet<string> = new Set([
  'budget_spent',
  'run_too_long',
  'secret_missing',
  'secret_unreadable',
  'journal_taken_over',
]);

function nothing(): Pending {
  return { costs: [], samples: [], state: new Map() };
}

function untold(): AccountSoFar {
  return { isTold: false, isUnsettled: false, refused: [] };
}

function daysText(days: readonly Day[]): string {
  const shown = days.slice(0, 3).map(formatDay).join(', ');
  return days.length > 3 ? `${shown} and ${days.length - 3} more days` : shown;
}
