import { ApportionError } from '../../runtime/errors.ts';
import type { Publication } from '../../runtime/journal.ts';
import { publication } from '../../runtime/journal.ts';
import { redact } from '../../runtime/redaction.ts';
import type { Instant } from '../../schemas/scalars.ts';
import { sourceStatuses } from '../../schemas/topics.ts';
import type { PollerKind, PollRun } from '../poller.ts';
import { sourceError } from './errors.ts';
import type { PollerHost } from './host.ts';
import { PollMemory } from './memory.ts';
import { type NamedDays, Run, type RunJournal } from './run.ts';
import type { PollerSettings } from './settings.ts';
import { initialStatus, statusOf } from './status.ts';

/** What a run came to. */
export interface PollOutcome {
  readonly summary: string;
  /** What people should know, in sentences. */
  readonly warnings: readonly string[];
  /** What could not be used, in sentences; `faultCount` counts all of it. */
  readonly faults: readonly string[];
  readonly faultCount: number;
}

export interface PollRequest {
  readonly signal: AbortSignal;
  /** Only these days, instead of those that the poller looks back on. */
  readonly days?: NamedDays | null;
  readonly nextRunAt?: Instant | null;
}

/**
 * A poller with its settings, its journal and what it remembers. A run that breaks leaves everything as it was; what
 * it had to say is said in the source's status all the same.
 */
export class Poller {
  readonly name: string;
  readonly settings: PollerSettings;
  readonly #kind: PollerKind;
  readonly #host: PollerHost;
  readonly #poll: (run: PollRun) => Promise<void>;
  #memory: PollMemory | null = null;

  constructor(name: string, kind: PollerKind, settings: PollerSettings, host: PollerHost) {
    this.name = name;
    this.settings = settings;
    this.#kind = kind;
    this.#host = host;
    this.#poll = kind.create(settings.own);
  }

  /** Says that the source was never asked, where that is so. */
  async announce(nextRunAt: Instant | null): Promise<void> {
    const journal = await this.#open();
    if (journal.memory.lastRunAt !== null) return;
    const status = initialStatus(this.name, this.settings.common.source, nextRunAt, this.#host.now());
    await journal.write([publication(sourceStatuses, [status])]);
  }

  /**
   * Asks the source once, and publishes what is new.
   *
   * @throws ApportionError when the run as a whole broke; what is wrong with single accounts stands in the outcome
   */
  async run(request: PollRequest): Promise<PollOutcome> {
    const { signal, days = null, nextRunAt = null } = request;
    const { common } = this.settings;
    const deadline = AbortSignal.timeout(common.runMinutes * 60_000);
    const tooLong = new AbortController();
    deadline.addEventListener('abort', () => {
      tooLong.abort(sourceError('run_too_long', `${this.name} took longer than ${common.runMinutes} minutes.`));
    });
    const journal = await this.#open();
    const run = new Run({
      name: this.name,
      lookBack: this.#kind.lookBack,
      settings: common,
      host: this.#host,
      journal,
      startedAt: this.#host.now(),
      signal: AbortSignal.any([signal, tooLong.signal]),
      logger: this.#host.logger,
      days,
    });
    const failure = await this.#attempt(run);
    signal.throwIfAborted();
    if (failure !== null && journal.isBroken) throw failure;
    const status = statusOf({
      name: this.name,
      run,
      failure,
      memory: journal.memory,
      common,
      nextRunAt,
      now: this.#host.now(),
    });
    const isSuccess = failure === null && run.faultCount === 0;
    await run.end(status, isSuccess);
    this.#host.metrics.observe(status, run, (this.#host.now() - run.startedAt) / 1000);
    if (failure !== null) throw failure;
    return {
      summary: summaryOf(run),
      warnings: run.warnings.map(redact),
      faults: run.faults.map(redact),
      faultCount: run.faultCount,
    };
  }

  /** Null when the run came to its end. What nobody foresaw is thrown. */
  async #attempt(run: Run): Promise<ApportionError | null> {
    try {
      await this.#poll(run);
      await run.commit();
      return null;
    } catch (error) {
      const broken: unknown = run.signal.aborted ? run.signal.reason : error;
      if (broken instanceof ApportionError) return broken;
      throw broken;
    }
  }

  async #open(): Promise<RunJournal> {
    this.#memory ??= new PollMemory(await this.#host.journal.open());
    const memory = this.#memory;
    const writeNow = async (publications: readonly Publication[]): Promise<void> => {
      try {
        await this.#host.journal.write({ publications, state: memory.takeChanges() });
      } catch (error) {
        journal.isBroken = true;
        this.#memory = null;
        throw error;
      }
    };
    // One after the other, since requests that are made at once are counted at once; after one that failed there is none.
    let last = Promise.resolve();
    const journal = {
      memory,
      isBroken: false,
      write: (publications: readonly Publication[]): Promise<void> => {
        last = last.then(() => writeNow(publications));
        return last;
      },
    };
    return journal;
  }
}

function summaryOf({ notes, reports, unchanged, samples, requests, faultCount }: Run): string {
  const parts = [
    `${reports} reports sent`,
    `${unchanged} days unchanged`,
    ...(samples > 0 ? [`${samples} usage samples`] : []),
    ...(requests > 0 ? [`${requests} requests`] : []),
    ...notes,
    ...(faultCount > 0 ? [`${faultCount} faults`] : []),
  ];
  return parts.join(', ');
}
