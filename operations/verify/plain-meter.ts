import { sha256 } from '../../attribution/canonical-json.ts';
import { lastDayOf, splitCall } from '../../attribution/meter-call.ts';
import { splitSample } from '../../attribution/meter-sample.ts';
import { refuseCall } from '../../attribution/refuse-call.ts';
import { refuseSample } from '../../attribution/refuse-sample.ts';
import { type Codec, type InputRecord, Undecodable } from '../../runtime/task.ts';
import { addDays, type DayRange, dayOf } from '../../schemas/day.ts';
import type { Day, Instant } from '../../schemas/scalars.ts';
import { calls, usage, usageTotals } from '../../schemas/topics.ts';
import { CALL_DURATION, type UsageTotal } from '../../schemas/usage-total.ts';

export interface PlainMeterOptions {
  /** How many days of event time a day stays open after it has ended; infinite: no day ever closes, as in a replay. */
  readonly openDays: number;
  readonly maxCallHours: number;
  /** Whose totals are kept. */
  readonly days: DayRange;
  /** Lines further than this from the days are passed over, as a replay does; left out: none is. */
  readonly marginDays?: number;
  /** What changes a total beyond this offset is left out; left out: nothing is. */
  readonly through?: (key: string) => number;
}

/**
 * The meter as one would write it for understanding (allocation.md section 8): maps of objects, one pass from the
 * beginning, no restarts, no bytes. It shares nothing with the processor but the rules for a single line, and needs
 * memory for the identities of open days, about 220 bytes each.
 */
export class PlainMeter {
  /** By key of the topic. */
  readonly totals = new Map<string, UsageTotal>();
  readonly #codec: Codec;
  readonly #options: PlainMeterOptions;
  readonly #identities = new Map<string, { readonly content: string; keptUntil: Day }>();
  #oldestDay: number = Number.NEGATIVE_INFINITY;

  constructor(codec: Codec, options: PlainMeterOptions) {
    this.#codec = codec;
    this.#options = options;
  }

  /** Takes the next record of the partition. Gives why it is refused, wholly or in part; null when it is not. */
  take(record: InputRecord): string | null {
    const line = this.#read(record);
    if (typeof line === 'string') return line;
    if (this.#isOutside(line)) return null;
    const verdict = this.#count(line, record);
    this.#advance(Math.min(line.endsAt, record.timestampMs));
    return verdict;
  }

  #count(line: PlainLine, record: InputRecord): string | null {
    const empty = emptyTotal(line, record);
    const held = this.#identities.get(line.identity);
    if (held !== undefined) return this.#countRepeat(line, held, empty);
    const isLate = line.firstDay < this.#oldestDay;
    if (isLate) this.#single(empty, line, 'late', line.name, { late: 1 });
    if (line.lastDay >= this.#oldestDay) {
      this.#identities.set(line.identity, { content: line.content, keptUntil: line.lastDay });
    }
    for (const { day, quantity, count } of line.parts) {
      if (day < this.#oldestDay) continue;
      this.#change({ ...empty, day }, (total) => {
        total.quantity += BigInt(quantity);
        if (total.callCount !== null) total.callCount += count;
      });
    }
    return isLate ? 'late' : null;
  }

  /** A conflicting line keeps the identity until its own last day has closed. */
  #countRepeat(line: PlainLine, held: { readonly content: string; keptUntil: Day }, empty: UsageTotal): string | null {
    const isDuplicate = held.content === line.content;
    if (!isDuplicate && line.lastDay > held.keptUntil) held.keptUntil = line.lastDay;
    const [meter, field] = isDuplicate
      ? (['duplicate', 'duplicates'] as const)
      : (['conflicting', 'conflicting'] as const);
    if (line.firstDay < this.#oldestDay) {
      this.#single(empty, line, meter, `${line.name}@${empty.through}`, { [field]: 1 });
    } else {
      this.#change(empty, (total) => {
        total[field] += 1;
      });
    }
    return isDuplicate ? null : 'conflicting_duplicate';
  }

  /** A line whose start day is closed has a record of its own, which the next such line of its key replaces. */
  #single(empty: UsageTotal, line: PlainLine, meter: string, identity: string, counted: Partial<UsageTotal>): void {
    const callCount = line.isCall ? 1 : null;
    const total = { ...empty, meter, identity, refusedMeter: line.meter, callCount, ...counted };
    if (this.#keeps(total.day)) this.totals.set(usageTotals.key(total), total);
  }

  #change(empty: UsageTotal, change: (total: RunningTotal) => void): void {
    if (!this.#keeps(empty.day)) return;
    const key = usageTotals.key(empty);
    if (empty.through > (this.#options.through?.(key) ?? Number.POSITIVE_INFINITY)) return;
    const total: RunningTotal = this.totals.get(key) ?? { ...empty };
    change(total);
    total.through = empty.through;
    this.totals.set(key, total);
  }

  #keeps(day: Day): boolean {
    return day >= this.#options.days.from && day <= this.#options.days.to;
  }

  #isOutside({ firstDay, lastDay }: PlainLine): boolean {
    const { days, marginDays } = this.#options;
    if (marginDays === undefined) return false;
    return lastDay < addDays(days.from, -marginDays) || firstDay > addDays(days.to, marginDays);
  }

  #advance(eventTime: Instant): void {
    const oldestDay = dayOf(eventTime) - this.#options.openDays;
    if (oldestDay <= this.#oldestDay) return;
    this.#oldestDay = oldestDay;
    for (const [identity, { keptUntil }] of this.#identities) {
      if (keptUntil < oldestDay) this.#identities.delete(identity);
    }
  }

  /** The line, or why it is refused. */
  #read(record: InputRecord): PlainLine | string {
    if (record.value === null) return 'empty';
    return record.topic === calls.name ? this.#readCall(record) : this.#readSample(record);
  }

  #readCall({ value, timestampMs }: InputRecord): PlainLine | string {
    const call = this.#codec.decode(calls, value);
    if (call instanceof Undecodable) return call.reason;
    const refusal = refuseCall(call, timestampMs, { maxCallMs: this.#options.maxCallHours * 3_600_000 });
    if (refusal !== null) return refusal.reason;
    const { callId, source, tenant, product, cluster, namespace, startedAt, endedAt } = call;
    return {
      identity: JSON.stringify([source, callId]),
      name: `${source}/${callId}`,
      content: contentOf([tenant, product, cluster, namespace, startedAt, endedAt]),
      key: { tenant, product, cluster, namespace },
      meter: CALL_DURATION,
      isCall: true,
      firstDay: dayOf(startedAt),
      lastDay: lastDayOf(startedAt, endedAt),
      endsAt: endedAt,
      parts: splitCall(startedAt, endedAt).map(({ day, ms, count }) => ({ day, quantity: ms, count })),
    };
  }

  #readSample({ value, timestampMs }: InputRecord): PlainLine | string {
    const sample = this.#codec.decode(usage, value);
    if (sample instanceof Undecodable) return sample.reason;
    const refusal = refuseSample(sample, timestampMs);
    if (refusal !== null) return refusal.reason;
    const { sampleId, source, meter, tenant, product, cluster, namespace, owner, windowStart, windowEnd } = sample;
    const { quantity } = sample;
    return {
      identity: JSON.stringify([source, sampleId]),
      name: `${source}/${sampleId}`,
      content: contentOf([meter, tenant, product, cluster, namespace, owner, windowStart, windowEnd, quantity]),
      key: { tenant, product, cluster, namespace },
      meter,
      isCall: false,
      firstDay: dayOf(windowStart),
      lastDay: lastDayOf(windowStart, windowEnd),
      endsAt: windowEnd,
      parts: splitSample(windowStart, windowEnd, quantity).map((part) => ({ ...part, count: 0 })),
    };
  }
}

interface PlainLine {
  /** Of source and id. */
  readonly identity: string;
  /** The same for people: two identities may have one name. */
  readonly name: string;
  readonly content: string;
  readonly key: Pick<UsageTotal, 'tenant' | 'product' | 'cluster' | 'namespace'>;
  readonly meter: string;
  readonly isCall: boolean;
  readonly firstDay: Day;
  readonly lastDay: Day;
  readonly endsAt: Instant;
  readonly parts: readonly { readonly day: Day; readonly quantity: number; readonly count: number }[];
}

type RunningTotal = { -readonly [Field in keyof UsageTotal]: UsageTotal[Field] };

/** A digest, since it is kept for as long as the identity. */
function contentOf(fields: readonly (string | number)[]): string {
  return sha256(JSON.stringify(fields));
}

function emptyTotal(line: PlainLine, { topic, partition, offset }: InputRecord): UsageTotal {
  return {
    day: line.firstDay,
    ...line.key,
    meter: line.meter,
    topic,
    partition,
    identity: '',
    refusedMeter: '',
    quantity: 0n,
    callCount: line.isCall ? 0 : null,
    duplicates: 0,
    conflicting: 0,
    late: 0,
    through: offset,
  };
}
