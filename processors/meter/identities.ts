import type { Day } from '../../schemas/scalars.ts';
import type { Hash } from './hash.ts';

/**
 * The identities of open days: for each the hash of (source, id), a fingerprint of its content, and the last day that
 * it touches, in typed arrays, without an object for any: about 33 bytes each.
 *
 * The set is cut into segments by the hash. A segment keeps its entries in chunks of one size, in the order in which
 * they came, and finds them by an index of a tag and a number. Only indexes grow by being made anew, one by one and at
 * staggered sizes, so that the set never stands still and memory rises evenly. Days that close are dropped from each
 * segment when it is next touched, which under traffic is at once.
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
    if (segment.earliestDay < this.#oldestDay) dropClosed(segment, this.#oldestDay);
    if (segment.used >= segment.limit) index(segment, segment.tags.length * GROWTH);
    const { tags } = segment;
    const tag = tagOf(identity[0] ?? 0);
    let slot = homeOf(identity[1] ?? 0, tags.length);
    for (let found = tags[slot]; found !== EMPTY; found = tags[slot]) {
      if (found === tag && isEntry(segment, segment.entries[slot] ?? 0, identity)) break;
      slot = slot + 1 === tags.length ? 0 : slot + 1;
    }
    this.#slot = slot;
    return tags[slot] !== EMPTY;
  }

  /**
   * Whether the identity found has this content. 40 bits of its fingerprint are kept, so one conflict in 10^12 would pass
   * as a duplicate: neither is counted, it would only lack its dead letter.
   */
  hasContent(content: Hash): boolean {
    const entry = this.#entry();
    const words = chunkOf(this.#segment, entry);
    const at = placeOf(entry);
    return words[at + CONTENT] === content[0] && (((words[at + DAY] ?? 0) ^ (content[1] ?? 0)) & CONTENT_MASK) === 0;
  }

  /** The last day of the identity found. */
  lastDay(): Day {
    const entry = this.#entry();
    return lastDayAt(chunkOf(this.#segment, entry), placeOf(entry)) as Day;
  }

  /** Keeps the identity found until a later day closes. */
  extendTo(lastDay: Day): void {
    const entry = this.#entry();
    const words = chunkOf(this.#segment, entry);
    const at = placeOf(entry) + DAY;
    words[at] = ((words[at] ?? 0) & CONTENT_MASK) | (lastDay << DAY_SHIFT);
  }

  /** Adds the identity that was not found. */
  add(identity: Hash, content: Hash, lastDay: Day): void {
    const segment = this.#segment;
    const entry = segment.used;
    segment.tags[this.#slot] = tagOf(identity[0] ?? 0);
    segment.entries[this.#slot] = entry;
    if (lastDay < segment.earliestDay) segment.earliestDay = lastDay;
    const words = addPlace(segment);
    const at = placeOf(entry);
    words[at] = identity[0] ?? 0;
    words[at + 1] = identity[1] ?? 0;
    words[at + 2] = identity[2] ?? 0;
    words[at + 3] = identity[3] ?? 0;
    words[at + CONTENT] = content[0] ?? 0;
    words[at + DAY] = ((content[1] ?? 0) & CONTENT_MASK) | (lastDay << DAY_SHIFT);
  }

  /** How many identities are kept, and in how many bytes. For measurements. */
  size(): { readonly identities: number; readonly bytes: number } {
    let identities = 0;
    let bytes = 0;
    for (const { used, tags, entries, chunks } of this.#segments) {
      identities += used;
      bytes += tags.byteLength + entries.byteLength + chunks.length * CHUNK_WORDS * 4;
    }
    return { identities, bytes };
  }

  #entry(): number {
    return this.#segment.entries[this.#slot] ?? 0;
  }
}

interface Segment {
  /**
   * The index, by slot: a byte of the hash, `EMPTY` where the slot is free. Nearly all lines are new: this array alone,
   * small enough for the processor's cache, says so.
   */
  tags: Uint8Array;
  /** The index, by slot: the number of the entry. */
  entries: Uint16Array | Uint32Array;
  /** `ENTRY_WORDS` words an entry: the hash, 32 bits of content, then 24 bits of the day over 8 more of content. */
  chunks: Int32Array[];
  /** Entries. */
  used: number;
  /** Entries that the index may have before it grows. */
  limit: number;
  /** No entry's last day is before this. */
  earliestDay: number;
}

/** A power of two. */
const SEGMENTS = 256;
const GROWTH = 2;
const MAX_LOAD = 0.7;
const SMALLEST_INDEX = 16;
const EMPTY = 0;
const ENTRY_WORDS = 6;
const CHUNK_SHIFT = 8;
const CHUNK_ENTRIES = 2 ** CHUNK_SHIFT;
const CHUNK_WORDS = CHUNK_ENTRIES * ENTRY_WORDS;
const CONTENT = 4;
const DAY = 5;
const DAY_SHIFT = 8;
const CONTENT_MASK = 0xff;

/** Indexes begin at sizes that lie between one step of growth and the next. */
function newSegment(number: number): Segment {
  const segment = { ...emptyIndex(0), chunks: [], used: 0, limit: 0, earliestDay: Number.POSITIVE_INFINITY };
  index(segment, Math.round(SMALLEST_INDEX * GROWTH ** (number / SEGMENTS)));
  return segment;
}

function emptyIndex(slots: number): Pick<Segment, 'tags' | 'entries'> {
  return { tags: new Uint8Array(slots), entries: slots > 2 ** 16 ? new Uint32Array(slots) : new Uint16Array(slots) };
}

/** Makes the index anew, with so many slots. */
function index(segment: Segment, slots: number): void {
  const { tags, entries } = emptyIndex(slots);
  for (let entry = 0; entry < segment.used; entry++) {
    const words = chunkOf(segment, entry);
    const at = placeOf(entry);
    let slot = homeOf(words[at + 1] ?? 0, slots);
    while (tags[slot] !== EMPTY) slot = slot + 1 === slots ? 0 : slot + 1;
    tags[slot] = tagOf(words[at] ?? 0);
    entries[slot] = entry;
  }
  segment.tags = tags;
  segment.entries = entries;
  segment.limit = Math.floor(slots * MAX_LOAD);
}

function tagOf(word: number): number {
  const tag = word & 0xff;
  return tag === EMPTY ? 1 : tag;
}

/** Spreads the word over the slots. */
function homeOf(word: number, slots: number): number {
  return ((word >>> 0) * slots * 2 ** -32) | 0;
}

function isEntry(segment: Segment, entry: number, identity: Hash): boolean {
  const words = chunkOf(segment, entry);
  const at = placeOf(entry);
  return (
    words[at] === identity[0] &&
    words[at + 1] === identity[1] &&
    words[at + 2] === identity[2] &&
    words[at + 3] === identity[3]
  );
}

/** The chunk of one more entry. */
function addPlace(segment: Segment): Int32Array {
  const entry = segment.used;
  if (entry >>> CHUNK_SHIFT === segment.chunks.length) segment.chunks.push(new Int32Array(CHUNK_WORDS));
  segment.used = entry + 1;
  return chunkOf(segment, entry);
}

function chunkOf(segment: Segment, entry: number): Int32Array {
  return segment.chunks[entry >>> CHUNK_SHIFT] ?? NO_CHUNK;
}

const NO_CHUNK = new Int32Array(0);

function placeOf(entry: number): number {
  return (entry & (CHUNK_ENTRIES - 1)) * ENTRY_WORDS;
}

function lastDayAt(words: Int32Array, at: number): number {
  return (words[at + DAY] ?? 0) >> DAY_SHIFT;
}

/** Moves the open entries to the front, and gives back what is not needed any more. */
function dropClosed(segment: Segment, oldestDay: number): void {
  const all = segment.used;
  segment.earliestDay = Number.POSITIVE_INFINITY;
  segment.used = 0;
  for (let from = 0; from < all; from++) {
    const words = chunkOf(segment, from);
    const at = placeOf(from);
    const lastDay = lastDayAt(words, at);
    if (lastDay < oldestDay) continue;
    segment.earliestDay = Math.min(segment.earliestDay, lastDay);
    addPlace(segment).set(words.subarray(at, at + ENTRY_WORDS), placeOf(segment.used - 1));
  }
  segment.chunks.length = Math.ceil(segment.used / CHUNK_ENTRIES);
  let slots = segment.tags.length;
  while (slots > 2 * SMALLEST_INDEX && segment.used < (slots / GROWTH / GROWTH) * MAX_LOAD)
    slots = Math.ceil(slots / GROWTH);
  index(segment, slots);
}
