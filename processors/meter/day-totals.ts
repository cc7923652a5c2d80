import type { Day } from '../../schemas/scalars.ts';
import type { Hash } from './hash.ts';

/**
 * The totals of one day, a row per key. A row is 64 bytes, a line of the processor's cache: the key's hash, by which it
 * is found, and the numbers. Rows are numbered in the order in which their keys came.
 */
export class DayTotals {
  readonly day: Day;
  /** `ROW_NUMBERS` numbers a row; the first two are not numbers but the hash. */
  #numbers = new Float64Array(FIRST_ROWS * ROW_NUMBERS);
  /** The same memory. */
  #words = new Int32Array(this.#numbers.buffer);
  /** Open addressing, at most half full: row + 1, or 0. */
  #slots = new Int32Array(FIRST_ROWS * 2);
  readonly #texts: KeyTexts[] = [];
  #isChanged = new Uint8Array(FIRST_ROWS);
  #changes = 0;

  constructor(day: Day) {
    this.day = day;
  }

  /** The row of a key, or -1. */
  find(key: Hash): number {
    const words = this.#words;
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = (key[0] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const row = (slots[slot] ?? 0) - 1;
      if (row < 0) return -1;
      const at = row * ROW_WORDS;
      const isKey =
        words[at] === key[0] && words[at + 1] === key[1] && words[at + 2] === key[2] && words[at + 3] === key[3];
      if (isKey) return row;
    }
  }

  /** Makes the row of a key that has none, all zero. */
  addRow(key: Hash, texts: KeyTexts): number {
    const row = this.#texts.length;
    if (row === this.#isChanged.length) this.#grow();
    this.#texts.push(texts);
    this.#words.set(key, row * ROW_WORDS);
    this.#index(row);
    return row;
  }

  /** Adds a line to a row. A sum is two limbs of 2^52, since a sample alone may be one: doubles hold both exactly. */
  add(row: number, quantity: number, count: number, offset: number): void {
    const numbers = this.#numbers;
    const at = row * ROW_NUMBERS;
    const low = (numbers[at + LOW] ?? 0) + quantity;
    if (low >= LIMB) {
      numbers[at + LOW] = low - LIMB;
      numbers[at + HIGH] = (numbers[at + HIGH] ?? 0) + 1;
    } else {
      numbers[at + LOW] = low;
    }
    numbers[at + COUNT] = (numbers[at + COUNT] ?? 0) + count;
    numbers[at + THROUGH] = offset;
  }

  addDuplicate(row: number, offset: number): void {
    const at = row * ROW_NUMBERS;
    this.#numbers[at + DUPLICATES] = (this.#numbers[at + DUPLICATES] ?? 0) + 1;
    this.#numbers[at + THROUGH] = offset;
  }

  addConflict(row: number, offset: number): void {
    const at = row * ROW_NUMBERS;
    this.#numbers[at + CONFLICTS] = (this.#numbers[at + CONFLICTS] ?? 0) + 1;
    this.#numbers[at + THROUGH] = offset;
  }

  /** Remembers that the row is to be written. True when it is the first of the day since `takeChanged`. */
  change(row: number): boolean {
    if (this.#isChanged[row] === 1) return false;
    this.#isChanged[row] = 1;
    this.#changes += 1;
    return this.#changes === 1;
  }

  /** The rows to be written, which are forgotten: in the order in which they lie in memory. */
  takeChanged(): readonly number[] {
    const rows: number[] = [];
    for (let row = 0; rows.length < this.#changes; row++) if (this.#isChanged[row] === 1) rows.push(row);
    this.#isChanged.fill(0);
    this.#changes = 0;
    return rows;
  }

  texts(row: number): KeyTexts {
    const texts = this.#texts[row];
    if (texts === undefined) throw new RangeError(`No row ${row} among the ${this.#texts.length} of day ${this.day}.`);
    return texts;
  }

  quantityLow(row: number): number {
    return this.#numbers[row * ROW_NUMBERS + LOW] ?? 0;
  }

  quantityHigh(row: number): number {
    return this.#numbers[row * ROW_NUMBERS + HIGH] ?? 0;
  }

  count(row: number): number {
    return this.#numbers[row * ROW_NUMBERS + COUNT] ?? 0;
  }

  duplicates(row: number): number {
    return this.#numbers[row * ROW_NUMBERS + DUPLICATES] ?? 0;
  }

  conflicts(row: number): number {
    return this.#numbers[row * ROW_NUMBERS + CONFLICTS] ?? 0;
  }

  through(row: number): number {
    return this.#numbers[row * ROW_NUMBERS + THROUGH] ?? 0;
  }

  #index(row: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#words[row * ROW_WORDS] ?? 0) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = row + 1;
  }

  #grow(): void {
    const rows = this.#isChanged.length * 2;
    const words = new Int32Array(rows * ROW_WORDS);
    words.set(this.#words);
    this.#words = words;
    this.#numbers = new Float64Array(words.buffer);
    const isChanged = new Uint8Array(rows);
    isChanged.set(this.#isChanged);
    this.#isChanged = isChanged;
    this.#slots = new Int32Array(rows * 2);
    for (let row = 0; row < this.#texts.length; row++) this.#index(row);
  }
}

/** The encoded texts of a key, the same on all days: what stands between the day and the numbers. */
export interface KeyTexts {
  /** The rest of the record's key, then the beginning of its value, its header left out. */
  readonly bytes: Buffer;
  readonly keyLength: number;
  readonly isCall: boolean;
}

/** The low limb of a quantity is below this. */
export const LIMB = 2 ** 52;

/** A power of two. */
const FIRST_ROWS = 16;
const ROW_NUMBERS = 8;
const ROW_WORDS = 2 * ROW_NUMBERS;
const LOW = 2;
const HIGH = 3;
const COUNT = 4;
const DUPLICATES = 5;
const CONFLICTS = 6;
const THROUGH = 7;
