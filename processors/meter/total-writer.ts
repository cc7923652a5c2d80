import type { Codec, OutputRecord } from '../../runtime/task.ts';
import { dayOf } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import { usageTotals } from '../../schemas/topics.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';
import { writeCount } from './avro-bytes.ts';
import { DayTotals, LIMB, type WrittenKey } from './day-totals.ts';
import type { LineTexts } from './line.ts';

/**
 * Writes totals as records. A total is written once per flush for as long as its day goes on, so its key and the head
 * of its value, all texts, are encoded once by the codec and kept; only the numbers behind them are encoded each time,
 * by hand, into one buffer per flush.
 */
export class TotalWriter {
  readonly #codec: Codec;
  readonly #topic: string;
  readonly #partition: number;

  constructor(codec: Codec, topic: string, partition: number) {
    this.#codec = codec;
    this.#topic = topic;
    this.#partition = partition;
  }

  /** A total of the line's key on a day, all its numbers 0. */
  emptyTotal(day: Day, line: LineTexts): UsageTotal {
    const { cluster, namespace, tenant, product, meter, isCall } = line;
    const place = { topic: this.#topic, partition: this.#partition, identity: '', refusedMeter: '' };
    const numbers = { quantity: 0n, callCount: isCall ? 0 : null, duplicates: 0, conflicting: 0, late: 0, through: 0 };
    return { day, cluster, namespace, tenant, product, meter, ...place, ...numbers };
  }

  /**
   * Encodes what stays the same of the totals of a key.
   * @throws Error when the codec lays the numbers out in another way than `writeNumbers`.
   */
  writeKey(day: Day, line: LineTexts): WrittenKey {
    const total = this.emptyTotal(day, line);
    const value = this.#codec.encode(usageTotals, total);
    const end = writeNumbers(scratch, 0, line.isCall, NO_TOTALS, 0);
    const headLength = value.length - end;
    if (headLength < 0 || scratch.compare(value, headLength, value.length, 0, end) !== 0) {
      throw new Error('The numbers of a usage total are not encoded as the meter does it: its schema has changed.');
    }
    return {
      key: Buffer.from(usageTotals.key(total)),
      head: Buffer.from(value.subarray(0, headLength)),
      isCall: line.isCall,
    };
  }

  /** The changed totals of days as records; the changes are forgotten. */
  write(days: Iterable<DayTotals>): OutputRecord[] {
    const rowsByDay = Array.from(days, (totals) => ({ totals, rows: totals.takeChanged() }));
    let size = 0;
    for (const { totals, rows } of rowsByDay) {
      for (const row of rows) size += totals.written(row).head.length + MAX_NUMBERS_BYTES;
    }
    const buffer = Buffer.allocUnsafeSlow(size);
    const records: OutputRecord[] = [];
    let start = 0;
    for (const { totals, rows } of rowsByDay) {
      for (const row of rows) {
        const { key, head, isCall } = totals.written(row);
        buffer.set(head, start);
        const end = writeNumbers(buffer, start + head.length, isCall, totals, row);
        records.push({ topic: usageTotals, key, route: totals.day, value: buffer.subarray(start, end) });
        start = end;
      }
    }
    return records;
  }
}

/** From `quantity` on, in the order of the schema. */
function writeNumbers(target: Buffer, start: number, isCall: boolean, totals: DayTotals, row: number): number {
  let at = writeQuantity(target, start, totals.quantityHigh(row), totals.quantityLow(row));
  target[at++] = isCall ? UNION_LONG : UNION_NULL;
  if (isCall) at = writeCount(target, at, totals.count(row));
  at = writeCount(target, at, totals.duplicates(row));
  at = writeCount(target, at, totals.conflicts(row));
  // A line that is late has a record of its own.
  at = writeCount(target, at, 0);
  return writeCount(target, at, totals.through(row));
}

/** An Avro decimal: its length, then two's complement, the highest byte first, as short as it can be. */
function writeQuantity(target: Buffer, at: number, high: number, low: number): number {
  if (high > 0) return writeBigQuantity(target, at, BigInt(high) * BigInt(LIMB) + BigInt(low));
  let length = 1;
  for (let limit = 0x80; low >= limit; limit *= 0x100) length += 1;
  target[at] = length * 2;
  let rest = low;
  for (let i = at + length; i > at; i--) {
    target[i] = rest % 0x100;
    rest = Math.floor(rest / 0x100);
  }
  return at + 1 + length;
}

function writeBigQuantity(target: Buffer, at: number, quantity: bigint): number {
  const length = Math.floor(quantity.toString(2).length / 8) + 1;
  target[at] = length * 2;
  target.write(quantity.toString(16).padStart(length * 2, '0'), at + 1, 'hex');
  return at + 1 + length;
}

/** Places of the union of null and long, as Avro writes them. */
const UNION_NULL = 0;
const UNION_LONG = 2;

/** A quantity takes at most 16 bytes and its length, a long at most 8. */
const MAX_NUMBERS_BYTES = 64;

const scratch = Buffer.alloc(MAX_NUMBERS_BYTES);

/** Rows that no day has are zero. */
const NO_TOTALS = new DayTotals(dayOf(0));
