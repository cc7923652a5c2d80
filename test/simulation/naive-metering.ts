/** Metering as allocation.md section 8 states it, line by line, without partitions, batches or state to lose. */
import { addDays, DAY_MS, dayOf, startOf } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import { REFUSAL_METERS, type UsageTotal } from '../../schemas/usage-total.ts';
import { FIRST_OPEN_DAY, type History, type Input } from './history.ts';

/** Usage totals of all days, as one partition of one topic would give them. */
export function naiveTotals(history: History): UsageTotal[] {
  const meter = new NaiveMeter();
  for (const input of [...history.first, ...history.ticks]) meter.take(input, null);
  meter.forgetBefore(FIRST_OPEN_DAY);
  for (const input of history.second) meter.take(input, FIRST_OPEN_DAY);
  return meter.totals();
}

interface Line {
  readonly identity: string;
  readonly content: string;
  readonly isCall: boolean;
  readonly meter: string;
  readonly start: number;
  readonly end: number;
  /** Of a sample; a call has its duration. */
  readonly quantity: bigint;
  readonly labels: { tenant: string; product: string; cluster: string; namespace: string };
}

/** The first line of an identity, and the last day that it or a conflicting one has touched. */
type Seen = { readonly content: string; lastDay: Day };

type Sums = { quantity: bigint; calls: number; duplicates: number; conflicting: number };

/** One partition, or all of them as if they were one. */
export class NaiveMeter {
  readonly #seen = new Map<string, Seen>();
  readonly #sums = new Map<string, { line: Line; day: Day; sums: Sums }>();
  /** By identity and labels: a late line that comes again is the same late line. */
  readonly #late = new Map<string, { line: Line; day: Day }>();

  /** `firstOpenDay` is null while all days are open. Gives why the line is refused by what came before it, or null. */
  take(input: Input, firstOpenDay: Day | null): 'conflicting_duplicate' | 'late' | null {
    const line = lineOf(input);
    if (line === null) return null;
    const startDay = dayOf(line.start);
    const parts = partsOf(line);
    const lastDay = parts.at(-1)?.day ?? startDay;
    const seen = this.#seen.get(line.identity);
    if (seen !== undefined) {
      const sums = this.#sumsOf(line, startDay);
      if (seen.content === line.content) {
        sums.duplicates += 1;
        return null;
      }
      sums.conflicting += 1;
      if (lastDay > seen.lastDay) seen.lastDay = lastDay;
      return 'conflicting_duplicate';
    }
    const open = parts.filter(({ day }) => firstOpenDay === null || day >= firstOpenDay);
    if (open.length > 0) this.#seen.set(line.identity, { content: line.content, lastDay });
    for (const { day, quantity } of open) {
      const sums = this.#sumsOf(line, day);
      sums.quantity += quantity;
      sums.calls += day === startDay ? 1 : 0;
    }
    if (open.length === parts.length) return null;
    this.#late.set(JSON.stringify([line.identity, line.labels, startDay]), { line, day: startDay });
    return 'late';
  }

  /** Days before this one have closed. */
  forgetBefore(firstOpenDay: Day): void {
    for (const [identity, { lastDay }] of this.#seen) if (lastDay < firstOpenDay) this.#seen.delete(identity);
  }

  totals(): UsageTotal[] {
    const counted = [...this.#sums.values()].map(({ line, day, sums: { calls, ...sums } }) => ({
      ...emptyTotal(line, day),
      ...sums,
      callCount: line.isCall ? calls : null,
    }));
    const late = [...this.#late].map(([identity, { line, day }]) => ({
      ...emptyTotal(line, day),
      ...{ meter: 'late', identity, refusedMeter: line.meter, callCount: line.isCall ? 1 : null, late: 1 },
    }));
    return [...counted, ...late];
  }

  #sumsOf(line: Line, day: Day): Sums {
    const key = JSON.stringify([day, line.labels, line.meter, line.isCall]);
    const found = this.#sums.get(key)?.sums;
    if (found !== undefined) return found;
    const sums = { quantity: 0n, calls: 0, duplicates: 0, conflicting: 0 };
    this.#sums.set(key, { line, day, sums });
    return sums;
  }
}

/** Null when the input is no line, or one that is refused by its content. */
function lineOf(input: Input): Line | null {
  if (input.is === 'call') {
    const { source, callId, startedAt: start, endedAt: end, ...labels } = input.call;
    if (end < start || end - start > DAY_MS) return null;
    const identity = `call ${source}/${callId}`;
    return {
      identity,
      content: contentOf(input.call),
      isCall: true,
      meter: 'call_duration',
      start,
      end,
      quantity: 0n,
      labels,
    };
  }
  if (input.is === 'sample') {
    const { source, sampleId, meter, windowStart: start, windowEnd: end, quantity, owner: _, ...labels } = input.sample;
    if (end < start || REFUSAL_METERS.includes(meter)) return null;
    const identity = `sample ${source}/${sampleId}`;
    const content = contentOf(input.sample);
    return { identity, content, isCall: false, meter, start, end, quantity: BigInt(quantity), labels };
  }
  return null;
}

function contentOf(value: object): string {
  return JSON.stringify(Object.entries(value).sort());
}

/** What the line gives to each day that it touches. */
function partsOf(line: Line): { day: Day; quantity: bigint }[] {
  const { start, end } = line;
  const first = dayOf(start);
  if (start === end) return [{ day: first, quantity: line.quantity }];
  const parts: { day: Day; quantity: bigint; ms: bigint }[] = [];
  for (let day = first; startOf(day) < end; day = addDays(day, 1)) {
    const ms = BigInt(Math.min(end, startOf(day) + DAY_MS) - Math.max(start, startOf(day)));
    parts.push({ day, quantity: ms, ms });
  }
  if (line.isCall) return parts;
  const all = BigInt(end - start);
  let left = line.quantity;
  for (const part of parts) {
    part.quantity = (line.quantity * part.ms) / all;
    left -= part.quantity;
  }
  const remainder = (part: { ms: bigint }): bigint => (line.quantity * part.ms) % all;
  const byRemainder = parts.toSorted((a, b) => Number(remainder(b) - remainder(a)) || a.day - b.day);
  for (const part of byRemainder.slice(0, Number(left))) part.quantity += 1n;
  return parts;
}

function emptyTotal({ labels, meter }: Line, day: Day): UsageTotal {
  const numbers = { quantity: 0n, callCount: null, duplicates: 0, conflicting: 0, late: 0, through: 0 };
  return { day, ...labels, meter, topic: 'naive', partition: 0, identity: '', refusedMeter: '', ...numbers };
}
