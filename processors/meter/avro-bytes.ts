/**
 * The pieces of Avro's binary form that the meter reads and writes by hand, in the plain cases: texts of up to 256
 * bytes, instants between July 1970 and the year 6400, counts from 0 to 2^53. A reader that meets anything else gives
 * -1, and the codec has the say.
 */

/** Zero byte and schema id of the Confluent wire format. */
export const HEADER_BYTES = 5;

const MAX_PLAIN_TEXT_BYTES = 256;

/** Where the text at `at`, its length first, ends. */
export function textEnd(bytes: Uint8Array, at: number): number {
  if (at + 1 >= bytes.length) return at + 1 === bytes.length && bytes[at] === 0 ? at + 1 : -1;
  const low = bytes[at] ?? 0;
  if ((low & 1) !== 0) return -1;
  if (low < 0x80) return at + 1 + (low >> 1);
  const high = bytes[at + 1] ?? 0;
  const length = (high << 6) | ((low & 0x7f) >> 1);
  return high === 0 || length > MAX_PLAIN_TEXT_BYTES ? -1 : at + 2 + length;
}

/** Where the characters of the text at `at` begin. */
export function textStart(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) < 0x80 ? at + 1 : at + 2;
}

/** Whether a text has at least one byte, and only ASCII without NUL. */
export function isPlainText(bytes: Uint8Array, from: number, to: number): boolean {
  let odd = 0;
  let at = from;
  for (const end = to - 3; at < end; at += 4) {
    const word = wordAt(bytes, at);
    // Taking 1 from each byte sets the high bit of those that are 0, and of others only where it was set or one is 0.
    odd |= word | (word - 0x01010101);
  }
  for (; at < to; at++) odd |= (bytes[at] ?? 0) | ((bytes[at] ?? 0) - 1);
  return from < to && (odd & 0x80808080) === 0;
}

/** Four bytes, the first lowest. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

/** Where the instant at `at` ends: after the six or seven bytes that a plain one takes. */
export function instantEnd(bytes: Uint8Array, at: number): number {
  if (at + 6 >= bytes.length) return -1;
  const first = bytes[at] ?? 0;
  const more = first & (bytes[at + 1] ?? 0) & (bytes[at + 2] ?? 0) & (bytes[at + 3] ?? 0) & (bytes[at + 4] ?? 0);
  // An odd first byte is the sign of a negative number.
  if (more < 0x80 || (first & 1) !== 0) return -1;
  const sixth = bytes[at + 5] ?? 0;
  if (sixth < 0x80) return sixth === 0 ? -1 : at + 6;
  const seventh = bytes[at + 6] ?? 0;
  return seventh === 0 || seventh >= 0x40 ? -1 : at + 7;
}

/** The plain instant from `at` to `end`. */
export function instantAt(bytes: Uint8Array, at: number, end: number): number {
  const low =
    ((bytes[at] ?? 0) & 0x7f) |
    (((bytes[at + 1] ?? 0) & 0x7f) << 7) |
    (((bytes[at + 2] ?? 0) & 0x7f) << 14) |
    (((bytes[at + 3] ?? 0) & 0x7f) << 21);
  const high = ((bytes[at + 4] ?? 0) & 0x7f) | (((bytes[at + 5] ?? 0) & 0x7f) << 7);
  const top = end - at === 7 ? (bytes[at + 6] ?? 0) << 14 : 0;
  return (high | top) * 2 ** 27 + (low >>> 1);
}

/** Writes a text of up to 256 bytes with its length. Gives where it ends. */
export function writeText(target: Buffer, at: number, text: string): number {
  const length = Buffer.byteLength(text);
  const start = writeCount(target, at, length);
  target.write(text, start, 'utf8');
  return start + length;
}

/** Writes a whole number of 0 to 2^53 as an Avro long. Gives where it ends. */
export function writeCount(target: Buffer, at: number, value: number): number {
  let end = at;
  let rest = value * 2;
  while (rest >= 0x80) {
    target[end++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  target[end++] = rest;
  return end;
}
