import type { Day } from '../../schemas/scalars.ts';
import { usageTotals } from '../../schemas/topics.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';
import type { Texts } from './texts.ts';

/** Quantities are kept exactly in two limbs of 52 bits, so a total must lie below this. */
export const QUANTITY_LIMIT = 2n ** 104n;

/**
 * The newest usage total of each key of one day, about 100 bytes each: one column per field, texts as numbers, and an
 * open-addressing table over the rows. Of two totals with one key the one with the greater `through` stays,
 * of two with the same the one that comes later.
 */
export class StandingTotals {
  readonly day: Day;
  readonly #texts: Texts;
  #rows = 0;
  #capacity = 16;
  /** Row + 1 by hash of the key, 0 where free; at most half full. */
  #slots = new Int32Array(32);
  #keys = new Int32Array(this.#capacity * KEY_WIDTH);
  /** Low and high limb of the quantity, calls (-1 for null), through. */
  #numbers = new Float64Array(this.#capacity * NUMBERS_WIDTH);
  /** Of the rows that have any, which are few. */
  readonly #refusals = new Map<number, Refusals>();
  /** Lines refused on a closed day, each with a key of its own. */
  readonly #closed = new Map<string, UsageTotal>();

  constructor(day: Day, texts: Texts) {
    this.day = day;
    this.#texts = texts;
  }

  get size(): number {
    return this.#rows + this.#closed.size;
  }

  /** Whether the very total is held. */
  holds(total: UsageTotal): boolean {
    const held = this.#heldOf(total);
    return held !== null && held.through === total.through && !isNewer(total, held);
  }

  /** Whether the total is newer than what is held of its key, or as new and says something else, as a replay's may. */
  takes(total: UsageTotal): boolean {
    if (total.identity !== '') return isNewer(total, this.#closed.get(usageTotals.key(total)) ?? null);
    const row = this.#rowAt(this.#slotOf(this.#keyOf(total)));
    if (row === null || total.through !== number(this.#numbers, row * NUMBERS_WIDTH + THROUGH)) {
      return row === null || total.through > number(this.#numbers, row * NUMBERS_WIDTH + THROUGH);
    }
    return isNewer(total, this.#total(row));
  }

  /** Keeps the total in place of what is held of its key. */
  put(total: UsageTotal): void {
    if (total.identity !== '') {
      this.#closed.set(usageTotals.key(total), total);
      return;
    }
    const key = this.#keyOf(total);
    const slot = this.#slotOf(key);
    const row = this.#rowAt(slot) ?? this.#addRow(key, slot);
    const at = row * NUMBERS_WIDTH;
    this.#numbers[at + LOW] = Number(total.quantity & LIMB_MASK);
    this.#numbers[at + HIGH] = Number(total.quantity >> LIMB_BITS);
    this.#numbers[at + CALLS] = total.callCount ?? -1;
    this.#numbers[at + THROUGH] = total.through;
    const { duplicates, conflicting, late } = total;
    if (duplicates + conflicting + late > 0) this.#refusals.set(row, { duplicates, conflicting, late });
    else this.#refusals.delete(row);
  }

  /** All that is held, in no promised order. */
  list(): UsageTotal[] {
    const totals: UsageTotal[] = [];
    for (let row = 0; row < this.#rows; row++) totals.push(this.#total(row));
    totals.push(...this.#closed.values());
    return totals;
  }

  #heldOf(total: UsageTotal): UsageTotal | null {
    if (total.identity !== '') return this.#closed.get(usageTotals.key(total)) ?? null;
    const row = this.#rowAt(this.#slotOf(this.#keyOf(total)));
    return row === null ? null : this.#total(row);
  }

  #total(row: number): UsageTotal {
    const at = row * NUMBERS_WIDTH;
    const label = (column: number) => this.#texts.text(number(this.#keys, row * KEY_WIDTH + column));
    const calls = number(this.#numbers, at + CALLS);
    return {
      day: this.day,
      cluster: label(0),
      namespace: label(1),
      tenant: label(2),
      product: label(3),
      meter: label(4),
      topic: label(5),
      partition: number(this.#keys, row * KEY_WIDTH + PARTITION),
      identity: '',
      refusedMeter: '',
      quantity: (BigInt(number(this.#numbers, at + HIGH)) << LIMB_BITS) + BigInt(number(this.#numbers, at + LOW)),
      callCount: calls === -1 ? null : calls,
      ...(this.#refusals.get(row) ?? NO_REFUSALS),
      through: number(this.#numbers, at + THROUGH),
    };
  }

  #keyOf(total: UsageTotal): Key {
    const texts = this.#texts;
    return [
      texts.number(total.cluster),
      texts.number(total.namespace),
      texts.number(total.tenant),
      texts.number(total.product),
      texts.number(total.meter),
      texts.number(total.topic),
      total.partition,
    ];
  }

  /** The slot that holds the key, or the free one where it belongs. */
  #slotOf(key: Key): number {
    const mask = this.#slots.length - 1;
    let slot = hashOf(key) & mask;
    for (;;) {
      const row = this.#rowAt(slot);
      if (row === null || this.#hasKey(row, key)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #rowAt(slot: number): number | null {
    const entry = number(this.#slots, slot);
    return entry === 0 ? null : entry - 1;
  }

  #hasKey(row: number, key: Key): boolean {
    for (let column = 0; column < KEY_WIDTH; column++) {
      if (this.#keys[row * KEY_WIDTH + column] !== key[column]) return false;
    }
    return true;
  }

  #addRow(key: Key, slot: number): number {
    if (this.#rows === this.#capacity) {
      this.#grow();
      return this.#addRow(key, this.#slotOf(key));
    }
    const row = this.#rows++;
    this.#keys.set(key, row * KEY_WIDTH);
    this.#slots[slot] = row + 1;
    return row;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#keys = enlarged(this.#keys, new Int32Array(this.#capacity * KEY_WIDTH));
    this.#numbers = enlarged(this.#numbers, new Float64Array(this.#capacity * NUMBERS_WIDTH));
    this.#slots = new Int32Array(this.#capacity * 2);
    for (let row = 0; row < this.#rows; row++) {
      const key = this.#keys.subarray(row * KEY_WIDTH, (row + 1) * KEY_WIDTH);
      this.#slots[this.#slotOf(key)] = row + 1;
    }
  }
}

function isNewer(total: UsageTotal, held: UsageTotal | null): boolean {
  if (held === null || total.through !== held.through) return held === null || total.through > held.through;
  return FIGURES.some((figure) => total[figure] !== held[figure]);
}

/** What a total says of its key. */
const FIGURES = ['quantity', 'callCount', 'duplicates', 'conflicting', 'late'] as const;

interface Refusals {
  readonly duplicates: number;
  readonly conflicting: number;
  readonly late: number;
}

const NO_REFUSALS: Refusals = { duplicates: 0, conflicting: 0, late: 0 };

/** Cluster, namespace, tenant, product, meter, topic, partition. */
type Key = ArrayLike<number> & Iterable<number>;
const KEY_WIDTH = 7;
const PARTITION = 6;

const NUMBERS_WIDTH = 4;
const LOW = 0;
const HIGH = 1;
const CALLS = 2;
const THROUGH = 3;

const LIMB_BITS = 52n;
const LIMB_MASK = 2n ** LIMB_BITS - 1n;

/** FNV-1a over the numbers, its bits mixed down since the table looks at the lowest. */
function hashOf(key: Key): number {
  let hash = 0x811c9dc5;
  for (const value of key) hash = Math.imul(hash ^ value, 0x01000193);
  return hash ^ (hash >>> 15);
}

function enlarged<Column extends Int32Array | Float64Array>(column: Column, larger: Column): Column {
  larger.set(column);
  return larger;
}

function number(column: ArrayLike<number>, index: number): number {
  const value = column[index];
  if (value === undefined) throw new RangeError(`The column has no row at ${index}.`);
  return value;
}
