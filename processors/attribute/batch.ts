import { ApportionError } from '../../runtime/errors.ts';
import { type Codec, type OutputRecord, output } from '../../runtime/task.ts';
import type { Topic } from '../../schemas/topics.ts';

/** A flush stops taking more once it has this much; what is left waits for the next one. */
const MAX_RECORDS = 20_000;
const MAX_BYTES = 32 * 1024 * 1024;

/** The records of one flush. */
export class Batch {
  readonly records: OutputRecord[] = [];
  readonly #codec: Codec;
  #bytes = 0;

  constructor(codec: Codec) {
    this.#codec = codec;
  }

  get isFull(): boolean {
    return this.records.length >= MAX_RECORDS || this.#bytes >= MAX_BYTES;
  }

  add<T>(topic: Topic<T>, value: T): void {
    const record = output(this.#codec, topic, value);
    if (record.value.length > topic.maxRecordBytes) {
      throw new ApportionError(
        'record_too_large',
        `${topic.name}: ${topic.key(value)} takes ${record.value.length} bytes, over the ${topic.maxRecordBytes} allowed.`,
        'Let rules give the charges to tenants, or report them with fewer distinct descriptors, so that no document holds so many lines.',
      );
    }
    this.records.push(record);
    this.#bytes += record.value.length;
  }
}
