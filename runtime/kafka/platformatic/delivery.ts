import type { InputRecord } from '../../task.ts';
import type { Delivery } from '../client.ts';
import { Cursor } from './cursor.ts';
import type { Fetched } from './fetch.ts';
import { type BatchHead, committedBatches, openBatch } from './record-batches.ts';

/** Committed records of what was fetched, read into columns. Null when there is no whole batch. */
export function deliveryOf(fetched: Fetched, from: number): Delivery | null {
  const delivery = new ColumnsDelivery(fetched.topic, fetched.partition, from);
  const next = committedBatches(fetched, (head, records) => delivery.add(head, records));
  if (next === null || next <= from) return null;
  delivery.next = next;
  return delivery;
}

class ColumnsDelivery implements Delivery {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  next: number;
  readonly #offsets: number[] = [];
  readonly #timestampsMs: number[] = [];
  readonly #values: (Buffer | null)[] = [];
  /** Of each record: the bytes, unpacked, and where its key and its headers begin, which few look at. */
  readonly #bytes: Buffer[] = [];
  readonly #keyStarts: number[] = [];
  readonly #headerStarts: number[] = [];

  constructor(topic: string, partition: number, from: number) {
    this.topic = topic;
    this.partition = partition;
    this.from = from;
    this.next = from;
  }

  get count(): number {
    return this.#offsets.length;
  }

  /** A fetch begins with the batch that holds its position, and so perhaps before it. */
  add(head: BatchHead, bytes: Buffer): void {
    const cursor = openBatch(head, bytes);
    for (let left = head.count; left > 0; left--) {
      const end = cursor.varInt() + cursor.at;
      cursor.at += ATTRIBUTES_BYTES;
      const timestampDelta = cursor.varInt();
      const offset = head.baseOffset + cursor.varInt();
      if (offset >= this.from) {
        this.#offsets.push(offset);
        this.#timestampsMs.push(head.appendedMs ?? head.baseTimestampMs + timestampDelta);
        this.#bytes.push(cursor.bytes);
        this.#keyStarts.push(cursor.at);
        cursor.skipVarIntBytes();
        this.#values.push(cursor.varIntBytes());
        this.#headerStarts.push(cursor.at);
      }
      cursor.at = end;
    }
  }

  offsetAt(index: number): number {
    return this.#offsets[index] ?? nothingAt(index, this.count);
  }

  keyAt(index: number): Buffer | null {
    return this.#cursorAt(index, this.#keyStarts).varIntBytes();
  }

  valueAt(index: number): Buffer | null {
    return this.#values[index] ?? null;
  }

  timestampMsAt(index: number): number {
    return this.#timestampsMs[index] ?? nothingAt(index, this.count);
  }

  headersAt(index: number): InputRecord['headers'] {
    const cursor = this.#cursorAt(index, this.#headerStarts);
    return Array.from({ length: cursor.varInt() }, () => {
      const name = cursor.varIntBytes()?.toString() ?? '';
      return { name, value: cursor.varIntBytes() ?? EMPTY };
    });
  }

  #cursorAt(index: number, starts: readonly number[]): Cursor {
    const bytes = this.#bytes[index];
    const start = starts[index];
    if (bytes === undefined || start === undefined) return nothingAt(index, this.count);
    return new Cursor(bytes, start);
  }
}

const ATTRIBUTES_BYTES = 1;
const EMPTY = Buffer.alloc(0);

function nothingAt(index: number, count: number): never {
  throw new RangeError(`there is no record ${index} of ${count}`);
}
