import { lastDayOf, splitCall } from '../../../attribution/meter-call.ts';
import { splitSample } from '../../../attribution/meter-sample.ts';
import { refuseCall } from '../../../attribution/refuse-call.ts';
import { refuseSample } from '../../../attribution/refuse-sample.ts';
import { type Codec, type InputRecord, Undecodable } from '../../../runtime/task.ts';
import { addDays, dayOf } from '../../../schemas/day.ts';
import type { Day, Instant } from '../../../schemas/scalars.ts';
import { calls, usage, usageTotals } from '../../../schemas/topics.ts';
import { CALL_DURATION, type UsageTotal } from '../../../schemas/usage-total.ts';
import type { MeterConfig } from '../../meter.ts';

/** What the meter must have written once it has read an input partition: by key, and the reason of each refused offset. */
export interface Metered {
  readonly totals: ReadonlyMap<string, UsageTotal>;
  readonly refused: ReadonlyMap<number, string>;
}

/** The meter as one would write it for understanding: maps of objects, one pass, no restarts, no bytes. */
export function meterPlainly(records: readonly InputRecord[], codec: Codec, config: MeterConfig): Metered {
  const totals = new Map<string, UsageTotal>();
  const refused = new Map<number, string>();
  const identities = new Map<string, { readonly content: string; keptUntil: Day }>();
  let latestEnd = Number.NEGATIVE_INFINITY;
  const isOpen = (day: Day): boolean => latestEnd < (addDays(day, 1 + config.openDays) as number) * 86_400_000;

  const change = (total: UsageTotal, change: (total: UsageTotal) => Partial<UsageTotal>): void => {
    const before = totals.get(usageTotals.key(total)) ?? total;
    totals.set(usageTotals.key(total), { ...before, ...change(before), through: total.through });
  };

  const take = (record: InputRecord, line: PlainLine): void => {
    for (const [id, { keptUntil }] of identities) if (!isOpen(keptUntil)) identities.delete(id);
    const empty = emptyTotal(line, record);
    // A line whose start day is closed has a record of its own, which the next such line of its key replaces.
    const write = (meter: string, identity: string, counted: Partial<UsageTotal>): void => {
      const total = { ...empty, meter, identity, refusedMeter: line.meter, callCount: line.isCall ? 1 : null };
      totals.set(usageTotals.key(total), { ...total, ...counted });
    };
    const held = identities.get(line.identity);
    if (held !== undefined) {
      const isDuplicate = held.content === line.content;
      if (!isDuplicate) {
        refused.set(record.offset, 'conflicting_duplicate');
        if (line.lastDay > held.keptUntil) held.keptUntil = line.lastDay;
      }
      const own = `${line.identity}@${record.offset}`;
      if (isDuplicate && isOpen(line.firstDay)) change(empty, ({ duplicates }) => ({ duplicates: duplicates + 1 }));
      else if (isDuplicate) write('duplicate', own, { duplicates: 1 });
      else if (isOpen(line.firstDay)) change(empty, ({ conflicting }) => ({ conflicting: conflicting + 1 }));
      else write('conflicting', own, { conflicting: 1 });
      return;
    }
    if (!isOpen(line.firstDay)) {
      refused.set(record.offset, 'late');
      write('late', line.identity, { late: 1 });
    }
    if (!isOpen(line.lastDay)) return;
    for (const { day, quantity, count } of line.parts) {
      if (!isOpen(day)) continue;
      change({ ...empty, day }, (before) => ({
        quantity: before.quantity + BigInt(quantity),
        callCount: before.callCount === null ? null : before.callCount + count,
      }));
    }
    identities.set(line.identity, { content: line.content, keptUntil: line.lastDay });
  };

  for (const record of records) {
    const line = readLine(record, codec, config);
    if (typeof line === 'string') {
      refused.set(record.offset, line);
    } else {
      take(record, line);
      latestEnd = Math.max(latestEnd, Math.min(line.endsAt, record.timestampMs));
    }
  }
  return { totals, refused };
}

interface PlainLine {
  readonly identity: string;
  readonly content: string;
  readonly key: Pick<UsageTotal, 'tenant' | 'product' | 'cluster' | 'namespace'>;
  readonly meter: string;
  readonly isCall: boolean;
  readonly firstDay: Day;
  readonly lastDay: Day;
  readonly endsAt: Instant;
  readonly parts: readonly { readonly day: Day; readonly quantity: number; readonly count: number }[];
}

/** The line, or why it is refused. */
function readLine(record: InputRecord, codec: Codec, config: MeterConfig): PlainLine | string {
  if (record.value === null) return 'empty';
  return record.topic === calls.name ? readCall(record, codec, config) : readSample(record, codec);
}

function readCall({ value, timestampMs }: InputRecord, codec: Codec, config: MeterConfig): PlainLine | string {
  const call = codec.decode(calls, value ?? Buffer.alloc(0));
  if (call instanceof Undecodable) return call.reason;
  const refusal = refuseCall(call, timestampMs, { maxCallMs: config.maxCallHours * 3_600_000 });
  if (refusal !== null) return refusal.reason;
  const { callId, source, tenant, product, cluster, namespace, startedAt, endedAt } = call;
  return {
    identity: `${source}/${callId}`,
    content: JSON.stringify(call),
    key: { tenant, product, cluster, namespace },
    meter: CALL_DURATION,
    isCall: true,
    firstDay: dayOf(startedAt),
    lastDay: lastDayOf(startedAt, endedAt),
    endsAt: endedAt,
    parts: splitCall(startedAt, endedAt).map(({ day, ms, count }) => ({ day, quantity: ms, count })),
  };
}

function readSample({ value, timestampMs }: InputRecord, codec: Codec): PlainLine | string {
  const sample = codec.decode(usage, value ?? Buffer.alloc(0));
  if (sample instanceof Undecodable) return sample.reason;
  const refusal = refuseSample(sample, timestampMs);
  if (refusal !== null) return refusal.reason;
  const { sampleId, source, tenant, product, cluster, namespace, windowStart, windowEnd, quantity } = sample;
  return {
    identity: `${source}/${sampleId}`,
    content: JSON.stringify(sample),
    key: { tenant, product, cluster, namespace },
    meter: sample.meter,
    isCall: false,
    firstDay: dayOf(windowStart),
    lastDay: lastDayOf(windowStart, windowEnd),
    endsAt: windowEnd,
    parts: splitSample(windowStart, windowEnd, quantity).map((part) => ({ ...part, count: 0 })),
  };
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
