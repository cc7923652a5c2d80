/** Reads the protocol's numbers from bytes, one after the other, as numbers: faster than as the library's big integers. */
export class Cursor {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  int8(): number {
    return this.bytes.readInt8(this.#pass(1));
  }

  int16(): number {
    return this.bytes.readInt16BE(this.#pass(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.#pass(4));
  }

  /** Exact up to 2^53, which no offset and no timestamp goes beyond. */
  int64(): number {
    return this.int32() * 2 ** 32 + this.bytes.readUInt32BE(this.#pass(4));
  }

  bigInt64(): bigint {
    return this.bytes.readBigInt64BE(this.#pass(8));
  }

  /** Seven bits to a byte, the least first. Up to 53 bits. */
  unsignedVarInt(): number {
    const { bytes } = this;
    // Nearly all are of one byte.
    let byte = bytes[this.at++] ?? BEYOND;
    if (byte < 128) return byte;
    let value = byte & 127;
    let scale = 128;
    do {
      byte = bytes[this.at++] ?? BEYOND;
      value += (byte & 127) * scale;
      scale *= 128;
    } while (byte >= 128 && byte !== BEYOND);
    if (byte === BEYOND) throw new RangeError('a number ends beyond the bytes');
    return value;
  }

  /** Zigzag: even ones are not negative. */
  varInt(): number {
    const value = this.unsignedVarInt();
    if (value < 128) return (value >>> 1) ^ -(value & 1);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** As records have them: their length, -1 for null, and the bytes. No copy. */
  varIntBytes(): Buffer | null {
    const length = this.varInt();
    if (length < 0) return null;
    const start = this.#pass(length);
    return this.bytes.subarray(start, this.at);
  }

  skipVarIntBytes(): void {
    const length = this.varInt();
    if (length > 0) this.#pass(length);
  }

  compactString(): string {
    const length = this.unsignedVarInt() - 1;
    const start = this.#pass(Math.max(0, length));
    return this.bytes.toString('utf8', start, this.at);
  }

  /** As answers have records: their length and one, 0 for null. No copy. */
  compactBytes(): Buffer {
    const length = Math.max(0, this.unsignedVarInt() - 1);
    const start = this.#pass(length);
    return this.bytes.subarray(start, this.at);
  }

  /** Of which there may be none, told by null. */
  compactArray<T>(read: () => T): T[] {
    const length = this.unsignedVarInt() - 1;
    return Array.from({ length: Math.max(0, length) }, read);
  }

  /** What newer brokers may add, and who reads it does not know. */
  taggedFields(): void {
    for (let left = this.unsignedVarInt(); left > 0; left--) {
      this.unsignedVarInt();
      this.#pass(this.unsignedVarInt());
    }
  }

  #pass(length: number): number {
    const start = this.at;
    this.at += length;
    if (this.at > this.bytes.length) throw new RangeError('the bytes end too early');
    return start;
  }
}

/** No byte: there is none any more. */
const BEYOND = 256;
