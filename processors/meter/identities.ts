import type { Day } from '../../schemas/scalars.ts';
import type { Hash } from './hash.ts';

/**
 * The identities of open days: for each the hash of (source, id), a fingerprint of its content, and the last day that
 * it touches. Open addressing in typed arrays, 24 bytes a slot, about 36 bytes an identity, and no object for any.
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
    const { tags, words, capacity } = segment;
    const tag = tagOf(identity[0] ?? 0);
    let slot = homeOf(identity[1] ?? 0, capacity);
    for (let found = tags[slot]; found !== EMPTY; found = tags[slot]) {
      if (found === tag && isIdentityAt(words, slot * SLOT_WORDS, identity)) break;
      slot = slot + 1 === capacity ? 0 : slot + 1;
    }
    this.#slot = slot;
    return tags[slot] !== EMPTY;
  }

  /**
   * Whether the identity found has this content. 40 bits of its fingerprint are kept, so one conflict in 10^12 would pass
   * as a duplicate: neither is counted, it would only lack its dead letter.
   */
  hasContent(content: Hash): boolean {
    const { words } = this.#segment;
    const at = this.#slot * SLOT_WORDS;
    return words[at + CONTENT] === content[0] && (((words[at + DAY] ?? 0) ^ (content[1] ?? 0)) & CONTENT_MASK) === 0;
  }

  /** The last day of the identity found. */
  lastDay(): Day {
    return dayAt(this.#segment.words, this.#slot * SLOT_WORDS) as Day;
  }

  /** Keeps the identity found until a later day closes. */
  extendTo(lastDay: Day): void {
    const { words } = this.#segment;
    const at = this.#slot * SLOT_WORDS + DAY;
    words[at] = ((words[at] ?? 0) & CONTENT_MASK) | (lastDay << DAY_SHIFT);
  }

  /** Adds the identity that was not found. */
  add(identity: Hash, content: Hash, lastDay: Day): void {
    const { tags, words } = this.#segment;
    tags[this.#slot] = tagOf(identity[0] ?? 0);
    const at = this.#slot * SLOT_WORDS;
    words[at] = identity[0] ?? 0;
    words[at + 1] = identity[1] ?? 0;
    words[at + 2] = identity[2] ?? 0;
    words[at + 3] = identity[3] ?? 0;
    words[at + CONTENT] = content[0] ?? 0;
    words[at + DAY] = ((content[1] ?? 0) & CONTENT_MASK) | (lastDay << DAY_SHIFT);
    this.#segment.used += 1;
  }

  /** How many identities are kept, and in how many bytes. For measurements. */
  size(): { readonly identities: number; readonly bytes: number } {
    let identities = 0;
    let bytes = 0;
    for (const segment of this.#segments) {
      identities += segment.used;
      bytes += segment.tags.byteLength + segment.words.byteLength;
    }
    return { identities, bytes };
  }
}

interface Segment {
  /**
   * A byte of the hash for each slot, `EMPTY` where it is free. Nearly all lines are new: this array alone, small enough
   * for the processor's cache, says so.
   */
  tags: Uint8Array;
  /** `SLOT_WORDS` words a slot: the hash, 32 bits of content, then 24 bits of the day over 8 more of content. */
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
const GROWTH = 1.5;
const MAX_LOAD = 0.82;
const SMALLEST_CAPACITY = 16;
const EMPTY = 0;
const SLOT_WORDS = 6;
const CONTENT = 4;
const DAY = 5;
const DAY_SHIFT = 8;
const CONTENT_MASK = 0xff;

/** Segments begin at sizes that lie between one step of growth and the next. */
function newSegment(index: number): Segment {
  const capacity = Math.round(SMALLEST_CAPACITY * GROWTH ** (index / SEGMENTS + 1));
  return { ...emptySlots(capacity), used: 0, oldestDay: Number.NEGATIVE_INFINITY };
}

function emptySlots(capacity: number): Pick<Segment, 'tags' | 'words' | 'capacity' | 'limit'> {
  const words = new Int32Array(capacity * SLOT_WORDS);
  return { tags: new Uint8Array(capacity), words, capacity, limit: Math.floor(capacity * MAX_LOAD) };
}

function tagOf(word: number): number {
  const tag = word & 0xff;
  return tag === EMPTY ? 1 : tag;
}

/** Spreads the word over the slots in its own order, so that a rebuild reads and writes memory from front to back. */
function homeOf(word: number, capacity: number): number {
  return ((word >>> 0) * capacity * 2 ** -32) | 0;
}

function isIdentityAt(words: Int32Array, at: number, identity: Hash): boolean {
  return (
    words[at] === identity[0] &&
    words[at + 1] === identity[1] &&
    words[at + 2] === identity[2] &&
    words[at + 3] === identity[3]
  );
}

function dayAt(words: Int32Array, at: number): number {
  return (words[at + DAY] ?? 0) >> DAY_SHIFT;
}

function dropClosed(segment: Segment, oldestDay: number): void {
  segment.oldestDay = oldestDay;
  if (segment.used > 0) rebuild(segment, segment.capacity);
}

/** Moves what is open into a segment of another size. */
function rebuild(segment: Segment, newCapacity: number): void {
  const { tags: oldTags, words: oldWords, oldestDay } = segment;
  const slots = emptySlots(newCapacity);
  const { tags, words, capacity } = slots;
  let used = 0;
  for (let from = 0; from < oldTags.length; from++) {
    const tag = oldTags[from] ?? EMPTY;
    const fromAt = from * SLOT_WORDS;
    if (tag === EMPTY || dayAt(oldWords, fromAt) < oldestDay) continue;
    let slot = homeOf(oldWords[fromAt + 1] ?? 0, capacity);
    while (tags[slot] !== EMPTY) slot = slot + 1 === capacity ? 0 : slot + 1;
    tags[slot] = tag;
    const at = slot * SLOT_WORDS;
    words[at] = oldWords[fromAt] ?? 0;
    words[at + 1] = oldWords[fromAt + 1] ?? 0;
    words[at + 2] = oldWords[fromAt + 2] ?? 0;
    words[at + 3] = oldWords[fromAt + 3] ?? 0;
    words[at + 4] = oldWords[fromAt + 4] ?? 0;
    words[at + 5] = oldWords[fromAt + 5] ?? 0;
    used += 1;
  }
  segment.tags = slots.tags;
  segment.words = slots.words;
  segment.capacity = slots.capacity;
  segment.limit = slots.limit;
  segment.used = used;
}
