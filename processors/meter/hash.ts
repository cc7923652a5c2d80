import { wordAt } from './avro-bytes.ts';

/** A hash of 128 bits as four signed words. */
export type Hash = Int32Array;

/** A hash of nothing. */
export function newHash(): Hash {
  return new Int32Array(4);
}

/** Makes it a hash of nothing again. */
export function clear(hash: Hash): void {
  hash[0] = 0;
  hash[1] = 0;
  hash[2] = 0;
  hash[3] = 0;
}

/**
 * Absorbs bytes into a hash: MurmurHash3_x86_128 (Austin Appleby, public domain), whose four lanes begin with the hash
 * so far instead of with one seed. Absorbing text after text makes a hash of the sequence, each text with its length.
 *
 * It spreads as well as random for inputs that nobody chose to collide: among n identities two share a hash with a
 * chance of about n^2 / 2^129, which is 10^-25 for ten million. It does not withstand an adversary, and need not: who
 * may write to the topic can simply write wrong lines.
 */
export function absorb(hash: Hash, bytes: Uint8Array, from: number, to: number): void {
  let h1 = hash[0] ?? 0;
  let h2 = hash[1] ?? 0;
  let h3 = hash[2] ?? 0;
  let h4 = hash[3] ?? 0;
  const length = to - from;
  let at = from;
  for (const end = to - 15; at < end; at += 16) {
    h1 ^= scramble1(wordAt(bytes, at));
    h1 = (((h1 << 19) | (h1 >>> 13)) + h2) | 0;
    h1 = (Math.imul(h1, 5) + 0x561ccd1b) | 0;
    h2 ^= scramble2(wordAt(bytes, at + 4));
    h2 = (((h2 << 17) | (h2 >>> 15)) + h3) | 0;
    h2 = (Math.imul(h2, 5) + 0x0bcaa747) | 0;
    h3 ^= scramble3(wordAt(bytes, at + 8));
    h3 = (((h3 << 15) | (h3 >>> 17)) + h4) | 0;
    h3 = (Math.imul(h3, 5) + 0x96cd1c35) | 0;
    h4 ^= scramble4(wordAt(bytes, at + 12));
    h4 = (((h4 << 13) | (h4 >>> 19)) + h1) | 0;
    h4 = (Math.imul(h4, 5) + 0x32ac3b17) | 0;
  }
  // The rest, at most 15 bytes: a word that is not begun is zero, and a zero scrambles to zero.
  const rest = to - at;
  if (rest > 12) h4 ^= scramble4(wordOf(bytes, at + 12, to));
  if (rest > 8) h3 ^= scramble3(wordOf(bytes, at + 8, to));
  if (rest > 4) h2 ^= scramble2(wordOf(bytes, at + 4, to));
  if (rest > 0) h1 ^= scramble1(wordOf(bytes, at, to));

  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  h1 = finish(h1);
  h2 = finish(h2);
  h3 = finish(h3);
  h4 = finish(h4);
  h1 = (h1 + h2 + h3 + h4) | 0;
  hash[0] = h1;
  hash[1] = h2 + h1;
  hash[2] = h3 + h1;
  hash[3] = h4 + h1;
}

/** The last step of MurmurHash3: every bit of the word changes every bit of the result with a chance of a half. */
export function finish(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

const C1 = 0x239b961b;
const C2 = 0xab0e9789 | 0;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93 | 0;

function scramble1(word: number): number {
  const k = Math.imul(word, C1);
  return Math.imul((k << 15) | (k >>> 17), C2);
}

function scramble2(word: number): number {
  const k = Math.imul(word, C2);
  return Math.imul((k << 16) | (k >>> 16), C3);
}

function scramble3(word: number): number {
  const k = Math.imul(word, C3);
  return Math.imul((k << 17) | (k >>> 15), C4);
}

function scramble4(word: number): number {
  const k = Math.imul(word, C4);
  return Math.imul((k << 18) | (k >>> 14), C1);
}

/** As `wordAt`, with zero for what lies at or beyond `to`. */
function wordOf(bytes: Uint8Array, at: number, to: number): number {
  let value = 0;
  for (let i = Math.min(to, at + 4) - 1; i >= at; i--) value = (value << 8) | (bytes[i] ?? 0);
  return value;
}
