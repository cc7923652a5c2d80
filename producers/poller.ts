/**
 * What a poller is. Each is one file in this folder that declares its settings, how far it looks back, and how it asks;
 * all that they share (schedule, days, requests, reports, checkpoints, status) stands in polling/.
 */
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { HttpClient } from '../runtime/http/client.ts';
import type { SecretRef } from '../runtime/secrets.ts';
import type { Catalog } from '../schemas/catalog.ts';
import type { CostLine, ReportStatus } from '../schemas/cost-report.ts';
import type { DayRange } from '../schemas/day.ts';
import type { Day, Instant } from '../schemas/scalars.ts';
import type { UsageSample } from '../schemas/usage-sample.ts';

/** A kind of source that is asked from time to time. */
export interface PollerKind<Shape extends z.ZodObject = z.ZodObject> {
  /** A noun: the word after `apportion poll`, and the file's name. */
  readonly name: string;
  /** What its records name as their source, unless the settings say otherwise. */
  readonly source: string;
  /** Its own settings; those that all pollers have come on top. */
  readonly settings: Shape;
  /** When it is asked, as a cron expression in UTC. */
  readonly schedule: string;
  /** The days that a run asks for; null for a source that tells only of now. */
  readonly lookBack: LookBack | null;
  /** Requests a day that it may make unless the settings say otherwise, for a source that is paid by request. */
  readonly dailyRequests?: number;
  /** How long an answer is waited for unless the settings say otherwise, for a source that answers at once or never. */
  readonly requestSeconds?: number;
  /** Made once per process: what it returns runs once per poll, and may remember what only helps to ask less. */
  create(settings: z.output<Shape>): (run: PollRun) => Promise<void>;
}

/** Gives the declaration its types; it does nothing else. */
export function definePoller<Shape extends z.ZodObject>(kind: PollerKind<Shape>): PollerKind {
  return kind as unknown as PollerKind;
}

/** Which days before today a run asks for again, since the source may have changed them. */
export interface LookBack {
  /** That many days, or all since the first day of the previous month. */
  readonly usual: { readonly days: number } | 'previous-month';
  /** A longer look from time to time, and at the first run; until one finds nothing changed, the next run looks as far. */
  readonly full?: { readonly days: number; readonly everyDays: number };
  /** Days before today that the source can be asked for at all. */
  readonly reachDays: number;
}

/** All that a source says about one account and day. */
export interface DayCost {
  readonly account: string;
  readonly day: Day;
  /** ISO 4217 code. */
  readonly currency: string;
  /** `settled-after`: final once the day is that many days old and its lines are as they were at the last look. */
  readonly status: ReportStatus | { readonly settledAfterDays: number };
  readonly lines: readonly CostLine[];
  /** When the source made it, where it says so; else the start of the run. */
  readonly observedAt?: Instant;
  /** Where records name another source than that of the settings. */
  readonly source?: string;
  /** Reports each sub-account by itself, also where the day is not too large for one record. */
  readonly bySubAccount?: boolean;
}

/** One run of a poller, and all that it may do. */
export interface PollRun {
  /** What records name as their source. */
  readonly source: string;
  /** When the run began. */
  readonly startedAt: Instant;
  /** Aborted at the deadline of the run, or when the process stops. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** Retries, waits and counts; errors say what to do about the source. `attempt` is for clients that ask by themselves. */
  readonly http: HttpClient;
  /** For clients that make their own requests: counts one, and throws when the budget of the day is spent. */
  countRequest(): Promise<void>;
  /** @throws ApportionError `secret_missing`, `secret_unreadable` */
  secret(ref: SecretRef): Promise<string>;
  /** The catalog in force, for sources that know tenants by ids of their own; null when there is none. */
  catalog(): Promise<Catalog | null>;
  /** The days to ask for of this account. */
  window(account: string): DayRange;
  /** Whether a command has named the days that it asks for. */
  readonly namesDays: boolean;

  /**
   * Reads accounts one after the other. What `read` has reported is published when it has come to its end: if it
   * throws, nothing of that account is, the fault is told, and the next account is read.
   */
  eachAccount(accounts: readonly string[], read: (account: string) => Promise<void>): Promise<void>;
  /** A complete day. Whether it is new, and worth a record, is found out here. */
  report(day: DayCost): void;
  /** Usage. Published with the state, at the end of the run or by `commit`. */
  usage(samples: readonly UsageSample[]): void;
  /** Publishes what was reported so far, for runs that hold more than memory does. */
  commit(): Promise<void>;

  /** The poller's own state of that name, as it was saved with what was published; null when there is none. */
  state(name: string): string | null;
  /** Saved together with what is published, or not at all. An empty text forgets it. */
  setState(name: string, text: string): void;

  /** How much was read, in the source's own terms: said with the outcome of the run. */
  note(text: string): void;
  /** Something that people should know, and that stops nothing: a sentence. */
  warn(text: string): void;
  /** Something that could not be used, by its place: counted, and the run is not in order. */
  fault(text: string): void;
}
