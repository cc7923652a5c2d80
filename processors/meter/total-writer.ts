import type { Codec, OutputRecord } from '../../runtime/task.ts';
import { dayOf, formatDay } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import { usageTotals } from '../../schemas/topics.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';
import { HEADER_BYTES, writeCount } from './avro-bytes.ts';
import { DayTotals, type KeyTexts, LIMB } from './day-totals.ts';
import type { LineTexts } from './line.ts';

/**
 * Writes totals as records. The texts of a key are encoded once by the codec and kept for all its days; the days and the
 * numbers around them are encoded by hand, all records of a flush into one buffer.
 */
export class TotalWriter {
  readonly #codec: Codec;
  readonly #topic: string;
  readonly #partition: number;
  /** Zero byte and schema id, the same on all values. */
  readonly #header: Buffer;

  constructor(codec: Codec, topic: string, partition: number) {
    this.#codec = codec;
    this.#topic = topic;
    this.#partition = partition;
    this.#header = this.#checkLayout(true).subarray(0, HEADER_BYTES);
    this.#checkLayout(false);
  }

  /** A total of the line's key on a day, all its numbers 0. */
  emptyTotal(day: Day, line: LineTexts): UsageTotal {
    const { cluster, namespace, tenant, product, meter, isCall } = line;
    const place = { topic: this.#topic, partition: this.#partition, identity: '', refusedMeter: '' };
    const numbers = { quantity: 0n, callCount: isCall ? 0 : null, duplicates: 0, conflicting: 0, late: 0, through: 0 };
    return { day, cluster, namespace, tenant, product, meter, ...place, ...numbers };
  }

  /** Encodes the texts of a key. */
  encodeTexts(line: LineTexts): KeyTexts {
    const { isCall } = line;
    const total = this.emptyTotal(EPOCH, line);
    const key = usageTotals.key(total).slice(EPOCH_KEY.length);
    const value = this.#codec.encode(usageTotals, total).subarray(EPOCH_END, isCall ? -CALL_NUMBERS : -SAMPLE_NUMBERS);
    const keyLength = Buffer.byteLength(key);
    const bytes = Buffer.allocUnsafe(keyLength + value.length);
    bytes.write(key);
    value.copy(bytes, keyLength);
    return { bytes, keyLength, isCall };
  }

  /** The changed totals of days as records; the changes are forgotten. */
  write(days: Iterable<DayTotals>): OutputRecord[] {
    const rowsByDay = Array.from(days, (totals) => ({ totals, rows: totals.takeChanged() }));
    let size = 0;
    for (const { totals, rows } of rowsByDay) {
      for (const row of rows) size += totals.texts(row).bytes.length + MAX_OTHER_BYTES;
    }
    const buffer = Buffer.allocUnsafeSlow(size);
    const records: OutputRecord[] = [];
    let at = 0;
    for (const { totals, rows } of rowsByDay) {
      const keyStart = Buffer.from(keyStartOf(totals.day));
      const valueStart = scratch.subarray(0, writeDay(scratch, this.#header.copy(scratch), totals.day));
      for (const row of rows) {
        const { bytes, keyLength, isCall } = totals.texts(row);
        buffer.set(keyStart, at);
        const keyEnd = at + keyStart.length + bytes.copy(buffer, at + keyStart.length, 0, keyLength);
        buffer.set(valueStart, keyEnd);
        const textsEnd = keyEnd + valueStart.length + bytes.copy(buffer, keyEnd + valueStart.length, keyLength);
        const end = writeNumbers(buffer, textsEnd, isCall, totals, row);
        const key = buffer.subarray(at, keyEnd);
        records.push({ topic: usageTotals, key, route: totals.day, value: buffer.subarray(keyEnd, end) });
        at = end;
      }
    }
    return records;
  }

  /**
   * Day and numbers are written around the texts by hand: only where the codec would put them.
   * @throws Error when key or schema have changed
   */
  #checkLayout(isCall: boolean): Buffer {
    const texts = { tenant: 'a', product: 'b', cluster: 'c', namespace: 'd' };
    const total = this.emptyTotal(EPOCH, { source: '', id: '', meter: 'e', ...texts, isCall });
    const value = this.#codec.encode(usageTotals, total);
    const dayEnd = writeDay(scratch, HEADER_BYTES, EPOCH);
    const end = writeNumbers(scratch, dayEnd, isCall, NO_TOTALS, 0);
    const numbers = isCall ? CALL_NUMBERS : SAMPLE_NUMBERS;
    const isAsWritten =
      usageTotals.key(total).startsWith(EPOCH_KEY) &&
      dayEnd === EPOCH_END &&
      end - dayEnd === numbers &&
      value.compare(scratch, HEADER_BYTES, dayEnd, HEADER_BYTES, dayEnd) === 0 &&
      value.compare(scratch, dayEnd, end, value.length - numbers) === 0;
    if (!isAsWritten) throw new Error('Usage totals are not encoded as the meter does it: key or schema has changed.');
    return value;
  }
}

/** The first bytes of a total's key, a JSON array of texts that begins with the day. */
function keyStartOf(day: Day): string {
  return `["${formatDay(day)}"`;
}

/** An Avro int; days before 1970 are negative. */
function writeDay(target: Buffer, at: number, day: Day): number {
  return writeCount(target, at, day < 0 ? -day - 0.5 : day);
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

/** Header, the key's day, the value's day, a quantity of 16 bytes with its length, and five longs of 8 bytes. */
const MAX_OTHER_BYTES = HEADER_BYTES + 16 + 4 + 17 + 1 + 5 * 8;

const EPOCH = dayOf(0);
const EPOCH_KEY = keyStartOf(EPOCH);
/** Where the day of a value ends that is the epoch. */
const EPOCH_END = HEADER_BYTES + 1;
/** Bytes of the numbers where all are zero. */
const CALL_NUMBERS = 8;
const SAMPLE_NUMBERS = 7;
const NO_TOTALS = new DayTotals(EPOCH);
const scratch = Buffer.alloc(MAX_OTHER_BYTES);
