import type { Day } from '../../schemas/scalars.ts';
import type { Hash } from './hash.ts';

/**
 * The identities of open days: for each the hash of (source, id), a fingerprint of its content, and the last day that
 * it touches. Open addressing in typed arrays, 24 bytes a slot at 64 to 80 % load, and no object per identity.
 *
 * The set is cut into segments that grow one by one, so that it never stands still to be rebuilt as a whole. Their
 * sizes are staggered: at any time some are nearly full and some have just grown, and memory rises evenly. Days that
 * close are dropped from each segment when it is next touched, which under traffic is at once.
 *
 * `find` leaves a cursor; `hasContent`, `lastDay`, `extendTo` and `add` speak of that place until the next `find`.
 */
export class Identities {
  readonly #segments: readonly Segment[] = Array.from({ length: SEGMENTS }, (_, index) => newSegment(index));
  #oldestDay = Number.NEGATIVE_INFINITY;
  #segment: Segment = newSegment(0);
  #slot = 0;

  /** Identities whose last day is before this are gone. Never goes back. */
  closeBefore(oldestDay: number): void {
    this.#oldestDay = oldestDay;
  }

  /** Whether the identity is there. */
  find(identity: Hash): boolean {
    const segment = this.#segments[(identity[3] ?? 0) & (SEGMENTS - 1)] ?? this.#segment;
    this.#segment = segment;
    if (segment.oldestDay !== this.#oldestDay) dropClosed(segment, this.#oldestDay);
    if (segment.used >= segment.limit) rebuild(segment, Math.ceil(segment.capacity * GROWTH));
    const { words, capacity } = segment;
    const tag = tagOf(identity[0] ?? 0);
    let slot = homeOf(identity[1] ?? 0, capacity);
    for (;;) {
      const at = slot * SLOT_WORDS;
      const found = words[at];
      if (found === EMPTY) break;
      if (
        found === tag &&
        words[at + 1] === identity[1] &&
        words[at + 2] === identity[2] &&
        words[at + 3] === identity[3]
      ) {
        this.#slot = at;
        return true;
      }
      slot = slot + 1 === capacity ? 0 : slot + 1;
    }
    this.#slot = slot * SLOT_WORDS;
    return false;
  }

  /**
   * Whether the identity found has this content. 40 bits of its fingerprint are kept, so one conflict in 10^12 would pass
   * as a duplicate: neither is counted, it would only lack its dead letter.
   */
  hasContent(content: Hash): boolean {
    const { words } = this.#segment;
    const low = (words[this.#slot + 5] ?? 0) ^ (content[1] ?? 0);
    return words[this.#slot + 4] === content[0] && (low & CONTENT_MASK) === 0;
  }

  /** The last day of the identity found. */
  lastDay(): Day {
    return ((this.#segment.words[this.#slot + 5] ?? 0) >> DAY_SHIFT) as Day;
  }

  /** Keeps the identity found until a later day closes. */
  extendTo(lastDay: Day): void {
    const { words } = this.#segment;
    words[this.#slot + 5] = ((words[this.#slot + 5] ?? 0) & CONTENT_MASK) | (lastDay << DAY_SHIFT);
  }

  /** Adds the identity that was not found. */
  add(identity: Hash, content: Hash, lastDay: Day): void {
    const { words } = this.#segment;
    const at = this.#slot;
    words[at] = tagOf(identity[0] ?? 0);
    words[at + 1] = identity[1] ?? 0;
    words[at + 2] = identity[2] ?? 0;
    words[at + 3] = identity[3] ?? 0;
    words[at + 4] = content[0] ?? 0;
    words[at + 5] = ((content[1] ?? 0) & CONTENT_MASK) | (lastDay << DAY_SHIFT);
    this.#segment.used += 1;
  }

  /** How many identities are kept, and in how many bytes. For measurements. */
  size(): { readonly identities: number; readonly bytes: number } {
    let identities = 0;
    let bytes = 0;
    for (const segment of this.#segments) {
      identities += segment.used;
      bytes += segment.words.byteLength;
    }
    return { identities, bytes };
  }
}

interface Segment {
  /** `SLOT_WORDS` words a slot: four of the hash (the first `EMPTY` in a free slot), 40 bits of content, 24 of the day. */
  words: Int32Array;
  /** Slots. */
  capacity: number;
  /** Slots that may be used before it grows. */
  limit: number;
  used: number;
  /** Days before this have been dropped from it. */
  oldestDay: number;
}

/** A power of two. */
const SEGMENTS = 256;
const SLOT_WORDS = 6;
const EMPTY = 0;
const GROWTH = 1.25;
const MAX_LOAD = 0.8;
const SMALLEST_CAPACITY = 16;
/** The last word of a slot: the day above, content below. */
const DAY_SHIFT = 8;
const CONTENT_MASK = 0xff;

/** Segments begin at sizes that lie between one step of growth and the next. */
function newSegment(index: number): Segment {
  const capacity = Math.round(SMALLEST_CAPACITY * GROWTH ** (index / SEGMENTS + 1));
  const words = new Int32Array(capacity * SLOT_WORDS);
  return { words, capacity, limit: limitOf(capacity), used: 0, oldestDay: Number.NEGATIVE_INFINITY };
}

function limitOf(capacity: number): number {
  return Math.floor(capacity * MAX_LOAD);
}

function tagOf(word: number): number {
  return word === EMPTY ? 1 : word;
}

/** Spreads the word over the slots in its own order, so that a rebuild reads and writes memory from front to back. */
function homeOf(word: number, capacity: number): number {
  return ((word >>> 0) * capacity * 2 ** -32) | 0;
}

function dropClosed(segment: Segment, oldestDay: number): void {
  segment.oldestDay = oldestDay;
  rebuild(segment, segment.capacity);
}

function rebuild(segment: Segment, capacity: number): void {
  const { words: old, oldestDay } = segment;
  const words = new Int32Array(capacity * SLOT_WORDS);
  let used = 0;
  for (let from = 0; from < old.length; from += SLOT_WORDS) {
    if (old[from] === EMPTY || (old[from + 5] ?? 0) >> DAY_SHIFT < oldestDay) continue;
    let slot = homeOf(old[from + 1] ?? 0, capacity);
    while (words[slot * SLOT_WORDS] !== EMPTY) slot = slot + 1 === capacity ? 0 : slot + 1;
    const at = slot * SLOT_WORDS;
    for (let i = 0; i < SLOT_WORDS; i++) words[at + i] = old[from + i] ?? 0;
    used += 1;
  }
  segment.words = words;
  segment.capacity = capacity;
  segment.limit = limitOf(capacity);
  segment.used = used;
}
