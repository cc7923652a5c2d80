import type { CompiledCatalog } from '../../attribution/compile-catalog.ts';
import type { Codec, Committed, Flush, InputRecord, StartPosition, Task, TaskContext } from '../../runtime/task.ts';
import { calcVersionOn } from '../../schemas/catalog-record.ts';
import { addDays, type DayRange, dayOf } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import { attributions, catalogs, costReports, statements, usageTotals } from '../../schemas/topics.ts';
import { Batch } from './batch.ts';
import { CatalogVersions, promotes, touches } from './catalog-versions.ts';
import type { DayState } from './day-state.ts';
import { Days } from './days.ts';
import { emitDay, learnEmitted } from './emit-day.ts';
import { NOTHING_EMITTED } from './emitted.ts';
import type { PaceLimits } from './pace.ts';
import { formatCommittedState, Position, readCatalogPosition } from './positions.ts';
import { acceptanceWith, Refused, readReport, readTotal } from './read-input.ts';
import { Refusals } from './refusals.ts';

export interface AttributeConfig extends PaceLimits {
  /** Inputs for days older than this, counted from their record's timestamp, are dead letters. */
  readonly horizonDays: number;
  /** Of two documents the one with the greater (calcVersion, revision) stands; 1 when left out. */
  readonly calcVersion?: number;
  /** Attributes these days alone; null or left out: whatever comes. */
  readonly days?: DayRange | null;
  /** Milliseconds of a clock that only goes forward, to measure how long computing takes; the process's when left out. */
  readonly clockMs?: () => number;
}

/** A flush begins no other day once it has computed for this long: a member silent for long is taken for dead. */
const MAX_COMPUTE_MS = 1000;
/** Days are kept this much longer than the horizon, for producers whose clocks are slow. */
const FORGET_AFTER_DAYS = 3;

const INPUTS = [costReports.name, usageTotals.name];

/**
 * Attributes the days of one partition. It is in one of two states.
 *
 * Catching up: it folds from the beginning of its inputs to where they ended at the takeover, and computes nothing.
 * What lies before the committed offset is out. What lies behind may be out as well: an earlier owner may have written
 * documents of any state in between without committing, and some reader may have seen them. Of each day touched there,
 * readers may hold anything.
 *
 * Live: of all other days, readers hold what the inputs give. So a change computes a day as it was, then as it is, and
 * writes the difference. Of a day that readers may hold anything of, everything is written once. So it is of a day of
 * which somebody sends again what is held already: a dead letter perhaps, whose record was refused when it came and
 * taken for an input by a later restart, so that no document tells of it.
 */
export class AttributeTask implements Task {
  readonly #config: Required<AttributeConfig>;
  readonly #context: TaskContext;
  readonly #codec: Codec;
  readonly #acceptance: string;
  readonly #days: Days;
  readonly #catalogs = new CatalogVersions();
  readonly #refusals = new Refusals();
  readonly #positions = new Map<string, Position>();
  #isLive = false;
  #latestRecordMs = Number.NEGATIVE_INFINITY;
  /** Inputs of earlier days come too late: their days have been forgotten. */
  #firstDay = Number.NEGATIVE_INFINITY;
  #lastCommitted = '';

  constructor(config: AttributeConfig, context: TaskContext) {
    this.#config = { calcVersion: 1, days: null, clockMs: () => performance.now(), ...config };
    this.#context = context;
    this.#codec = context.codec;
    this.#acceptance = acceptanceWith(this.#config.horizonDays);
    this.#days = new Days(this.#codec, this.#config);
  }

  /** Nothing can be computed before the first catalog is applied. */
  get waitingFor(): string | null {
    if (!this.#isLive || this.#catalogs.current !== null || this.#days.size === 0) return null;
    return 'No catalog was ever applied, so no day can be attributed: apply one with `apportion catalog apply FILE`.';
  }

  restore(
    committed: ReadonlyMap<string, Committed>,
    ends?: ReadonlyMap<string, number>,
  ): ReadonlyMap<string, StartPosition> {
    for (const topic of INPUTS) {
      this.#positions.set(topic, new Position(committed.get(topic)?.offset ?? 0, endOf(ends, topic)));
    }
    const catalogEnd = endOf(ends, catalogs.name);
    const settled = readCatalogPosition(committed.values(), this.#acceptance);
    // Beyond the end when the topic was made anew: then no document was made with what is in it now.
    this.#positions.set(catalogs.name, new Position(settled > catalogEnd ? 0 : settled, catalogEnd));
    this.#lastCommitted = JSON.stringify([...this.#committed()]);
    return new Map(INPUTS.map((topic) => [topic, { at: 'beginning' }]));
  }

  fold(record: InputRecord): void {
    this.#goLiveWhenCaughtUp();
    const position = this.#position(record.topic);
    if (!position.fold(record.offset)) return;
    this.#latestRecordMs = Math.max(this.#latestRecordMs, record.timestampMs);
    const refused = this.#take(record);
    if (refused === null || record.offset < position.committed) return;
    // Every task reads the catalogs; one of them speaks for all.
    if (record.topic !== catalogs.name || this.#context.partition === 0) this.#refusals.add(record, refused);
  }

  advance(topic: string, offset: number): void {
    this.#position(topic).advance(offset);
  }

  flush(nowMs: number): Flush | null {
    this.#goLiveWhenCaughtUp();
    const batch = new Batch(this.#codec);
    const current = this.#catalogs.current;
    this.#forgetDays(nowMs);
    if (this.#isLive && current !== null) this.#writeDays(batch, nowMs, current.compiled);
    const refused = this.#refusals.moveTo(batch, (topic) => this.#daysSettled(topic));
    const committed = this.#committed();
    const text = JSON.stringify([...committed]);
    if (batch.records.length === 0 && text === this.#lastCommitted) return null;
    this.#lastCommitted = text;
    return { records: batch.records, refused, committed };
  }

  #take(record: InputRecord): Refused | null {
    switch (record.topic) {
      case costReports.name:
        return this.#takeReport(record);
      case usageTotals.name:
        return this.#takeTotal(record);
      default:
        return this.#takeCatalog(record);
    }
  }

  #takeReport(record: InputRecord): Refused | null {
    const report = readReport(this.#codec, record, this.#config.horizonDays);
    if (report instanceof Refused) return report;
    if (!this.#attributes(report.day)) return null;
    if (report.day < this.#firstDay) return FORGOTTEN;
    const state = this.#dayOf(report.day);
    if (record.value === null || !state.reports.takes(report)) return null;
    this.#touch(state, record, [report.currency]);
    if (this.#isLive && state.reports.holds(report, record.value)) state.loseTrack([]);
    state.reports.put(report, record.value);
    return null;
  }

  #takeTotal(record: InputRecord): Refused | null {
    const total = readTotal(this.#codec, record, this.#config.horizonDays);
    if (total instanceof Refused) return total;
    if (!this.#attributes(total.day)) return null;
    if (total.day < this.#firstDay) return FORGOTTEN;
    const state = this.#dayOf(total.day);
    const isSentAgain = !state.totals.takes(total);
    if (isSentAgain && !(this.#isLive && state.totals.holds(total))) return null;
    this.#touch(state, record, []);
    if (isSentAgain) state.loseTrack([]);
    state.totals.put(total);
    return null;
  }

  #takeCatalog(record: InputRecord): Refused | null {
    const version = this.#catalogs.fold(this.#codec, record);
    if (version instanceof Refused) return version;
    if (!this.#isLive) {
      this.#catalogs.forgetBefore(this.#position(catalogs.name).committed);
      return null;
    }
    for (const state of this.#days.all()) {
      // Readers hold what a replay has made of the day, whatever that is.
      if (promotes(version, state.day)) state.loseTrack([]);
      if (touches(version, state.day)) state.dirty(catalogs.name, version.offset);
      else if (!state.isDirty && state.held?.as === 'inputs') state.held = { as: 'inputs', catalog: version.compiled };
    }
    return null;
  }

  #attributes(day: Day): boolean {
    const { days } = this.#config;
    return days === null || (day >= days.from && day <= days.to);
  }

  #dayOf(day: Day): DayState {
    const known = this.#days.find(day);
    if (known !== undefined) return known;
    const state = this.#days.add(day);
    if (this.#isLive) state.out(NOTHING_EMITTED);
    return state;
  }

  /** Called before a record changes a day. */
  #touch(state: DayState, record: InputRecord, currencies: readonly string[]): void {
    if (this.#isLive) learnEmitted(state);
    else if (record.offset < this.#position(record.topic).committed) return;
    else state.loseTrack(currencies);
    state.dirty(record.topic, record.offset);
  }

  #goLiveWhenCaughtUp(): void {
    if (this.#isLive || ![...this.#positions.values()].every((position) => position.isCaughtUp)) return;
    this.#isLive = true;
    const current = this.#catalogs.current;
    const unsettled = this.#catalogs.since(this.#position(catalogs.name).committed);
    for (const state of this.#days.all()) {
      const touching = unsettled.find((version) => touches(version, state.day));
      if (touching !== undefined || current === null) {
        state.loseTrack([]);
        state.dirty(catalogs.name, touching?.offset ?? 0);
      }
      if (state.held === null && current !== null) state.held = { as: 'inputs', catalog: current.compiled };
    }
  }

  #writeDays(batch: Batch, nowMs: number, catalog: CompiledCatalog): void {
    const { clockMs } = this.#config;
    const revision = this.#revision();
    const began = clockMs();
    let beganDay = began;
    for (const state of this.#days.due(nowMs)) {
      if (batch.isFull || beganDay - began >= MAX_COMPUTE_MS) break;
      const stamp = { calcVersion: this.#calcVersionOn(state.day), revision };
      const changes = emitDay(state, catalog, this.#catalogs, stamp);
      this.#days.out(state);
      for (const document of changes.documents) batch.add(attributions, document);
      for (const statement of changes.statements) batch.add(statements, statement);
      const lines = changes.documents.reduce((sum, document) => sum + document.lines.length, 0);
      const ended = clockMs();
      state.pace.computed(nowMs, ended - beganDay, lines);
      beganDay = ended;
    }
    this.#days.forgetDigests(catalog);
    if (!this.#days.haveUnknown()) this.#catalogs.forgetBefore(Number.POSITIVE_INFINITY);
  }

  /** A day that a replay was promoted for goes on with the replay's version. */
  #calcVersionOn(day: Day): number {
    return Math.max(this.#config.calcVersion, calcVersionOn(this.#catalogs.current?.promotions ?? [], day));
  }

  /** Follows from what was read alone, and rises with it. */
  #revision(): number {
    return [...this.#positions.values()].reduce((sum, position) => sum + position.revision, 0);
  }

  /**
   * Both the clock and the records must have passed the horizon: a clock that jumped ahead forgets nothing. Before
   * anything is written: else it would hang on when a process was started whether a catalog changes days long closed.
   */
  #forgetDays(nowMs: number): void {
    const today = dayOf(Math.min(nowMs, this.#latestRecordMs));
    const firstDay = addDays(today, -this.#config.horizonDays - FORGET_AFTER_DAYS);
    if (firstDay <= this.#firstDay) return;
    this.#firstDay = firstDay;
    this.#days.forgetBefore(firstDay);
  }

  /** An offset is committed once every day that its record or an earlier one dirtied is out, and every refusal. */
  #committed(): Map<string, Committed> {
    const metadata = formatCommittedState({ catalog: this.#settled(catalogs.name), acceptance: this.#acceptance });
    return new Map(INPUTS.map((topic) => [topic, { offset: this.#settled(topic), metadata }]));
  }

  #settled(topic: string): number {
    return Math.min(this.#daysSettled(topic), this.#refusals.firstOf(topic));
  }

  #daysSettled(topic: string): number {
    const position = this.#position(topic);
    // Which days the catalogs that came meanwhile touch is known only once all days are.
    const read = this.#isLive || topic !== catalogs.name ? position.next : position.committed;
    return Math.min(read, this.#days.firstDirtiedBy(topic));
  }

  #position(topic: string): Position {
    const position = this.#positions.get(topic);
    if (position === undefined) throw new Error(`${topic} is no input of this task`);
    return position;
  }
}

const FORGOTTEN = new Refused('beyond_horizon', 'The day lies beyond the horizon and has been forgotten.');

function endOf(ends: ReadonlyMap<string, number> | undefined, topic: string): number {
  const end = ends?.get(topic);
  if (end === undefined) throw new Error(`the host does not say where ${topic} ends`);
  return end;
}
