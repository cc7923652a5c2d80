import { isUtf8 } from 'node:buffer';
import avro, { type Schema, type Type } from 'avsc';

/**
 * Reads an Avro schema into a type whose values are those of schemas/: `decimal` is the bigint of its unscaled value,
 * `date` a number of days, `timestamp-millis` a number of milliseconds. Whatever bytes it is given, a type of this
 * function neither loops, nor takes more memory than the bytes can be worth, nor lets a text through that is not UTF-8.
 */
export function avroType(schema: object): Type {
  return avro.Type.forSchema(schema as Schema, avroOptions());
}

/** What of avsc's reader and writer the types below stand on. */
interface Tap {
  pos: number;
  readonly buf: Buffer;
  readLong(): number;
  writeLong(n: number): void;
  readString(): string | undefined;
}

interface Readable {
  _read(tap: Tap): unknown;
  readonly itemsType: Readable;
  readonly valuesType: Readable;
}

/** avsc's classes with the methods that their typings leave out. */
type Base = new (schema: Schema, opts: unknown) => Readable & Type;
const ArrayType = avro.types.ArrayType as unknown as Base;
const MapType = avro.types.MapType as unknown as Base;
const StringType = avro.types.StringType as unknown as Base;

/** avsc makes room for as many items as the bytes announce: four bytes could ask for gigabytes. */
class LimitedArray extends ArrayType {
  override _read(tap: Tap): unknown[] {
    const values: unknown[] = [];
    for (let count = blockLength(tap); count > 0; count = blockLength(tap)) {
      for (; count > 0 && tap.pos <= tap.buf.length; count--) values.push(this.itemsType._read(tap));
    }
    return values;
  }
}

class LimitedMap extends MapType {
  override _read(tap: Tap): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    for (let count = blockLength(tap); count > 0; count = blockLength(tap)) {
      for (; count > 0 && tap.pos <= tap.buf.length; count--) {
        entries.push([readText(tap), this.valuesType._read(tap)]);
      }
    }
    // Unlike assignment this keeps a key named __proto__.
    return Object.fromEntries(entries);
  }
}

/** The items of the next block; 0 at the end. All items of our schemas take at least a byte. */
function blockLength(tap: Tap): number {
  const announced = tap.readLong();
  if (announced < 0) tap.readLong();
  const count = Math.abs(announced);
  const left = tap.buf.length - tap.pos;
  if (left < 0) return 0;
  if (count > left) throw new Error(`a block of ${count} items cannot lie in the ${left} bytes that are left`);
  return count;
}

class StrictString extends StringType {
  override _read(tap: Tap): string {
    return readText(tap);
  }
}

/** Bytes that are no UTF-8 would turn into U+FFFD, and two different ids into one. */
function readText(tap: Tap): string {
  const start = tap.pos;
  const text = tap.readString() ?? '';
  if (text.includes('\uFFFD') && !isUtf8(tap.buf.subarray(start, tap.pos).subarray(lengthBytes(tap.buf, start)))) {
    throw new Error('a text is not UTF-8');
  }
  return text;
}

function lengthBytes(buffer: Buffer, start: number): number {
  let end = start;
  while ((buffer[end] ?? 0) & 0x80) end++;
  return end + 1 - start;
}

/** avsc asks this for each schema before it looks itself. It gives the logical types their turn first. */
function typeHook(schema: Schema, opts: unknown): Type | undefined {
  if (schema === 'string') return strictString;
  if (typeof schema !== 'object' || Array.isArray(schema) || 'logicalType' in schema) return undefined;
  const { type } = schema as { type?: unknown };
  if (type === 'string') return strictString;
  if (type === 'array') return new LimitedArray(schema, opts);
  if (type === 'map') return new LimitedMap(schema, opts);
  return undefined;
}

const strictString = new StrictString({ type: 'string' } as Schema, undefined);

const LogicalType = avro.types.LogicalType as unknown as new (
  schema: Schema,
  opts: unknown,
) => { readonly underlyingType: Type };

/** Big-endian two's complement, as short as it can be. */
class Decimal extends LogicalType {
  readonly scale: number;

  constructor(schema: Schema, opts: unknown) {
    super(schema, opts);
    const { type, scale } = schema as { type?: unknown; scale?: unknown };
    if (type !== 'bytes') throw new Error('only decimals in bytes are supported');
    this.scale = typeof scale === 'number' ? scale : 0;
  }

  _fromValue(bytes: Buffer | undefined): bigint {
    return bytes === undefined ? 0n : unscaledOf(bytes, 0, bytes.length);
  }

  _toValue(value: unknown): Buffer | undefined {
    return typeof value === 'bigint' ? bytesOf(value) : undefined;
  }

  /** Straight from the bytes: the copy that avsc would make first costs more than the number. */
  _read(tap: Tap): bigint {
    const length = tap.readLong();
    const start = tap.pos;
    tap.pos += length;
    if (length < 0) throw new Error('a decimal has a negative length');
    return tap.pos > tap.buf.length ? 0n : unscaledOf(tap.buf, start, length);
  }

  _write(tap: Tap, value: unknown): void {
    if (typeof value !== 'bigint') throw new TypeError(`a decimal is a bigint, not ${typeof value}`);
    const length = byteLength(value);
    tap.writeLong(length);
    const start = tap.pos;
    tap.pos += length;
    if (tap.pos <= tap.buf.length) writeUnscaled(tap.buf, start, length, value);
  }

  /** An amount read at another scale would be wrong by a power of ten. */
  _resolve(writer: Type): ((value: unknown) => unknown) | undefined {
    return writer instanceof Decimal && writer.scale === this.scale ? (value) => value : undefined;
  }

  _export(attributes: { scale?: number }): void {
    attributes.scale = this.scale;
  }
}

function unscaledOf(bytes: Buffer, start: number, length: number): bigint {
  if (length === 0) return 0n;
  if (length <= 6) return BigInt(bytes.readIntBE(start, length));
  if (length === 8) return bytes.readBigInt64BE(start);
  const unsigned = BigInt(`0x${bytes.toString('hex', start, start + length)}`);
  return BigInt.asIntN(length * 8, unsigned);
}

function byteLength(value: bigint): number {
  for (let length = 1; length <= 8; length++) if (BigInt.asIntN(length * 8, value) === value) return length;
  const magnitude = value < 0n ? -value - 1n : value;
  return Math.floor(magnitude.toString(2).length / 8) + 1;
}

function writeUnscaled(target: Buffer, start: number, length: number, value: bigint): void {
  if (length <= 6) target.writeIntBE(Number(value), start, length);
  else if (length === 8) target.writeBigInt64BE(value, start);
  else
    target.write(
      BigInt.asUintN(length * 8, value)
        .toString(16)
        .padStart(length * 2, '0'),
      start,
      'hex',
    );
}

function bytesOf(value: bigint): Buffer {
  const length = byteLength(value);
  const bytes = Buffer.alloc(length);
  writeUnscaled(bytes, 0, length, value);
  return bytes;
}

/** A number that means something: the type keeps the meaning, the value is the number. */
class NumberType extends LogicalType {
  readonly meaning: unknown;

  constructor(schema: Schema, opts: unknown) {
    super(schema, opts);
    this.meaning = (schema as { logicalType?: unknown }).logicalType;
  }

  _fromValue(value: number): number {
    return value;
  }

  _toValue(value: unknown): number | undefined {
    return typeof value === 'number' ? value : undefined;
  }

  _read(tap: Tap): unknown {
    return (this.underlyingType as unknown as Readable)._read(tap);
  }

  _resolve(writer: Type): ((value: unknown) => unknown) | undefined {
    return writer instanceof NumberType && writer.meaning === this.meaning ? (value) => value : undefined;
  }
}

/** How avsc makes such types, for those who call it themselves. New for each schema: avsc keeps names in it. */
export function avroOptions(): { wrapUnions: 'never' } {
  const options = {
    typeHook,
    wrapUnions: 'never' as const,
    logicalTypes: { decimal: Decimal, date: NumberType, 'timestamp-millis': NumberType },
  };
  return options;
}
