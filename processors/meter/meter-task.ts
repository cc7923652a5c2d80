import { deadLetterOf, type Refused } from '../../runtime/dead-letter.ts';
import {
  type Committed,
  type Flush,
  type InputRecord,
  type OutputRecord,
  output,
  type StartPosition,
  type Task,
  type TaskContext,
} from '../../runtime/task.ts';
import { addDays, type DayRange, dayOf, formatDay, startOf } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import { calls, deadLetters, usageTotals } from '../../schemas/topics.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';
import { CallReader } from './call-reader.ts';
import { formatCommittedState, parseCommittedState } from './committed-state.ts';
import { DayTotals } from './day-totals.ts';
import { Identities } from './identities.ts';
import type { LineReader } from './line.ts';
import { BEFORE_ALL_DAYS, earlierOf, OpenDays } from './open-days.ts';
import { SampleReader } from './sample-reader.ts';
import { TotalWriter } from './total-writer.ts';

export interface MeterConfig {
  /** How many days of event time a day stays open after it has ended. */
  readonly openDays: number;
  /** Longer calls are refused. */
  readonly maxCallHours: number;
  /** Counts these days alone, as if they had never closed; null or left out: whatever comes. */
  readonly replay?: MeterReplay | null;
}

/** What a replay counts. */
export interface MeterReplay {
  readonly days: DayRange;
  /** Lines of so many days before and after decide which of two lines with one identity came first. */
  readonly marginDays: number;
}

/**
 * The state is a pure function of the input up to `#position`:
 *
 * - restoring, from `restore` until the committed offset is reached: lines are folded as they were, by the event time
 *   that they met, and nothing is written, since all of it was;
 * - live: what a line changes is written by the next flush.
 *
 * Folding begins at the first line that touched any day that is open now, with the event time of that place. Nothing
 * before it can matter, so no clock and no timestamp has a say in what a restart restores.
 */
export class MeterTask implements Task {
  readonly #context: TaskContext;
  readonly #topic: string;
  readonly #reader: LineReader;
  readonly #writer: TotalWriter;
  readonly #days: OpenDays;
  readonly #identities = new Identities();
  readonly #replay: MeterReplay | null;
  /** The total of the line at hand on its last day. */
  #totals: DayTotals = NO_TOTALS;
  #row = -1;
  /** Days with totals to be written; they may have closed since. */
  #changedDays: DayTotals[] = [];
  /** Dead letters, and totals of single lines whose day is closed. */
  #refusals: OutputRecord[] = [];
  /** All input before this is folded. */
  #position = 0;
  /** Everything before this is written. */
  #flushed = 0;
  #liveFrom = 0;
  #isLive = false;
  /** Days before this were closed by an owner before, perhaps with fewer open days in its configuration. */
  #closedBefore: Day = BEFORE_ALL_DAYS;

  constructor({ openDays, maxCallHours, replay = null }: MeterConfig, context: TaskContext) {
    const [topic] = context.topics;
    if (topic === undefined || context.topics.length > 1) throw new Error('A meter task reads one topic.');
    this.#context = context;
    this.#topic = topic.name;
    this.#reader =
      topic.name === calls.name
        ? new CallReader(context.codec, { maxCallMs: maxCallHours * 3_600_000 })
        : new SampleReader(context.codec);
    this.#writer = new TotalWriter(context.codec, topic.name, context.partition);
    this.#days = new OpenDays(replay === null ? openDays : Number.POSITIVE_INFINITY);
    this.#replay = replay;
  }

  restore(committed: ReadonlyMap<string, Committed>): ReadonlyMap<string, StartPosition> {
    const last = committed.get(this.#topic);
    this.#liveFrom = last?.offset ?? 0;
    this.#flushed = this.#liveFrom;
    const state = parseCommittedState(last?.metadata ?? '');
    if (state === null) {
      if (last === undefined) this.#goLive();
      return new Map([[this.#topic, this.#beginning()]]);
    }
    const { offset, eventTime } = state.replay;
    this.#closedBefore = state.oldestDay;
    this.#position = offset;
    this.#advanceTime(eventTime);
    if (offset >= this.#liveFrom) this.#goLive();
    return new Map([[this.#topic, { at: 'offset', offset }]]);
  }

  /** No record is older than the end of its line, so none before the replayed days can touch them. */
  #beginning(): StartPosition {
    if (this.#replay === null) return { at: 'beginning' };
    const { days, marginDays } = this.#replay;
    return { at: 'timestamp', ms: startOf(addDays(days.from, -marginDays)) };
  }

  fold(record: InputRecord): void {
    if (record.offset < this.#position) return;
    if (!this.#isLive && record.offset >= this.#liveFrom) this.#goLive();
    this.#position = record.offset + 1;
    const refused = this.#take(record);
    if (refused !== null && this.#isLive) this.#refusals.push(this.#deadLetter(record, refused));
  }

  advance(_topic: string, offset: number): void {
    if (offset > this.#position) this.#position = offset;
    if (!this.#isLive && this.#position >= this.#liveFrom) this.#goLive();
  }

  flush(): Flush | null {
    if (!this.#isLive || this.#position === this.#flushed) return null;
    const changedDays = this.#changedDays;
    const refusals = this.#refusals;
    this.#changedDays = [];
    this.#refusals = [];
    this.#flushed = this.#position;
    const replay = this.#days.replayFrom(this.#position);
    const metadata = formatCommittedState({ replay, oldestDay: this.#days.oldest });
    return {
      records: refusals.concat(this.#writer.write(changedDays)),
      refused: refusals.filter(({ topic }) => topic === deadLetters).length,
      committed: new Map([[this.#topic, { offset: this.#position, metadata }]]),
    };
  }

  /** Takes the record into the state. Gives why it is refused, wholly or, where it is late, in part. */
  #take(record: InputRecord): Refused | null {
    const line = this.#reader;
    const refused = line.read(record);
    if (refused !== null) return refused;
    if (this.#replay !== null && isOutside(line, this.#replay)) return null;
    const fault = this.#locate(line, record.offset);
    if (fault !== null) return fault;
    const verdict = this.#identities.find(line.identity)
      ? this.#takeRepeat(line, record.offset)
      : this.#takeFirst(line, record.offset);
    // Refused lines move time too: else it would hang on which line came first, and a restart could not know that.
    if (line.eventTime > this.#days.eventTime) this.#advanceTime(line.eventTime);
    return verdict;
  }

  /**
   * Finds the line's total on its last day, or makes it; there is none where that day is closed.
   * A key that any total has was checked when its first line came.
   */
  #locate(line: LineReader, offset: number): Refused | null {
    const { key, lastDay } = line;
    this.#totals = this.#days.get(lastDay)?.totals ?? NO_TOTALS;
    this.#row = this.#totals.find(key);
    if (this.#row >= 0) return null;
    let texts = this.#days.textsOf(key);
    if (texts === undefined) {
      const fault = line.check();
      if (fault !== null) return fault;
      texts = this.#writer.encodeTexts(line.texts());
    }
    if (lastDay >= this.#days.oldest && this.#counts(lastDay)) {
      this.#totals = this.#days.open(lastDay, offset).totals;
      this.#row = this.#totals.addRow(key, texts);
    }
    return null;
  }

  /** A new line: what falls on open days is counted, the rest is late. */
  #takeFirst(line: LineReader, offset: number): Refused | null {
    const { oldest } = this.#days;
    if (line.lastDay >= oldest) {
      this.#identities.add(line.identity, line.content, line.lastDay);
      // A day that is not counted is opened all the same: a restart must find the identities that were met on it.
      if (!this.#counts(line.lastDay)) this.#days.open(line.lastDay, offset);
      if (line.firstDay !== line.lastDay) this.#addParts(line, offset);
      else if (this.#row >= 0) this.#add(this.#totals, this.#row, line.quantity, line.count, offset);
    }
    return line.firstDay < oldest ? this.#takeLate(line, offset, oldest) : null;
  }

  #addParts(line: LineReader, offset: number): void {
    for (const { day, quantity, count } of line.parts()) {
      if (day < this.#days.oldest || !this.#counts(day)) continue;
      const { totals } = this.#days.open(day, offset);
      this.#add(totals, this.#rowOf(totals, line), quantity, count, offset);
    }
  }

  #add(totals: DayTotals, row: number, quantity: number, count: number, offset: number): void {
    totals.add(row, quantity, count, offset);
    this.#changed(totals, row);
  }

  /** A line whose identity is taken: dropped where it says the same, refused where it does not. */
  #takeRepeat(line: LineReader, offset: number): Refused | null {
    if (this.#identities.hasContent(line.content)) {
      this.#countRepeat(line, offset, 'duplicate');
      return null;
    }
    this.#keepFor(line, offset);
    this.#countRepeat(line, offset, 'conflicting');
    const { source, id } = line.texts();
    const detail = `Another line with the identity ${source}/${id} came before, with other content; the first one stands.`;
    return { reason: 'conflicting_duplicate', detail };
  }

  /**
   * An identity that was met by a conflicting line of a later day is kept until that day closes, and a restart begins
   * where the identity began: else it would take the refused line for the first.
   */
  #keepFor(line: LineReader, offset: number): void {
    const keptUntil = this.#identities.lastDay();
    if (line.lastDay <= keptUntil) return;
    const keeper = this.#days.open(keptUntil, offset);
    const day = this.#days.open(line.lastDay, offset);
    day.replay = earlierOf(day.replay, keeper.replay);
    this.#identities.extendTo(line.lastDay);
  }

  /** Counts a repeated line on its start day: on the total of its key, or with a record of its own if that is closed. */
  #countRepeat(line: LineReader, offset: number, kind: 'duplicate' | 'conflicting'): void {
    const day = line.firstDay;
    if (!this.#counts(day)) return;
    if (day < this.#days.oldest) {
      const { source, id } = line.texts();
      const counted = kind === 'duplicate' ? { duplicates: 1 } : { conflicting: 1 };
      this.#writeSingle(line, offset, { meter: kind, identity: `${source}/${id}@${offset}`, ...counted });
      return;
    }
    const { totals } = this.#days.open(day, offset);
    const row = this.#rowOf(totals, line);
    if (kind === 'duplicate') totals.addDuplicate(row, offset);
    else totals.addConflict(row, offset);
    this.#changed(totals, row);
  }

  #takeLate(line: LineReader, offset: number, oldest: Day): Refused {
    const { source, id } = line.texts();
    this.#writeSingle(line, offset, { meter: 'late', identity: `${source}/${id}`, late: 1 });
    const rest = line.lastDay < oldest ? 'Nothing of it is counted' : 'What falls on later days is counted';
    const closed = `days before ${formatDay(oldest)} are closed`;
    return { reason: 'late', detail: `The line begins on ${formatDay(line.firstDay)}, but ${closed}. ${rest}.` };
  }

  #counts(day: Day): boolean {
    return this.#replay === null || (day >= this.#replay.days.from && day <= this.#replay.days.to);
  }

  #rowOf(totals: DayTotals, line: LineReader): number {
    const row = totals.find(line.key);
    return row >= 0
      ? row
      : totals.addRow(line.key, this.#days.textsOf(line.key) ?? this.#writer.encodeTexts(line.texts()));
  }

  #changed(totals: DayTotals, row: number): void {
    if (this.#isLive && totals.change(row)) this.#changedDays.push(totals);
  }

  /** Writes a record of its own for a line whose start day is closed. */
  #writeSingle(line: LineReader, offset: number, single: SingleLine): void {
    if (!this.#isLive) return;
    const texts = line.texts();
    const empty = this.#writer.emptyTotal(line.firstDay, texts);
    const facts = { refusedMeter: texts.meter, callCount: texts.isCall ? 1 : null, through: offset };
    this.#refusals.push(output(this.#context.codec, usageTotals, { ...empty, ...facts, ...single }));
  }

  #deadLetter(record: InputRecord, refused: Refused): OutputRecord {
    return output(this.#context.codec, deadLetters, deadLetterOf(record, 'meter', refused));
  }

  #goLive(): void {
    this.#isLive = true;
    this.#days.closeBefore(this.#closedBefore);
    this.#identities.closeBefore(this.#days.oldest);
  }

  #advanceTime(instant: number): void {
    this.#days.advance(instant);
    this.#identities.closeBefore(this.#days.oldest);
  }
}

function isOutside(line: LineReader, { days, marginDays }: MeterReplay): boolean {
  return line.lastDay < addDays(days.from, -marginDays) || line.firstDay > addDays(days.to, marginDays);
}

/** What a total of a single refused line differs in from an empty one. */
type SingleLine = Partial<UsageTotal> & Pick<UsageTotal, 'meter' | 'identity'>;

const NO_TOTALS = new DayTotals(dayOf(0));
