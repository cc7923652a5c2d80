import type { Batch, KafkaMessage } from 'kafkajs';
import type { InputRecord } from '../../task.ts';
import type { Delivery } from '../client.ts';

/** A batch of kafkajs as it stands: its messages are looked at where they are. */
export class KafkajsDelivery implements Delivery {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly next: number;
  readonly count: number;
  readonly #messages: readonly PlainMessage[];

  constructor(batch: Batch) {
    const { fetchedOffset } = batch as unknown as { fetchedOffset: string };
    this.topic = batch.topic;
    this.partition = batch.partition;
    this.from = Number(fetchedOffset);
    this.next = Number(batch.lastOffset()) + 1;
    this.#messages = batch.messages;
    this.count = batch.messages.length;
  }

  offsetAt(index: number): number {
    const message = this.#at(index);
    return message.offsetNumber ?? wholeNumber(message.offset);
  }

  keyAt(index: number): Buffer | null {
    return this.#at(index).key;
  }

  valueAt(index: number): Buffer | null {
    return this.#at(index).value;
  }

  timestampMsAt(index: number): number {
    const message = this.#at(index);
    return message.timestampNumber ?? wholeNumber(message.timestamp);
  }

  headersAt(index: number): InputRecord['headers'] {
    return Object.entries(this.#at(index).headers ?? {}).flatMap(([name, values]) =>
      [values]
        .flat()
        .map((value) => ({ name, value: typeof value === 'string' ? Buffer.from(value) : (value ?? EMPTY) })),
    );
  }

  #at(index: number): PlainMessage {
    const message = this.#messages[index];
    if (message === undefined) throw new RangeError(`there is no record ${index} of ${this.count}`);
    return message;
  }
}

/** A batch without a record: kafkajs only says where it began and ended. */
export function emptyDelivery(topic: string, partition: number, from: number, next: number): Delivery {
  const nothing = (): never => {
    throw new RangeError('there is no record');
  };
  return {
    topic,
    partition,
    from,
    next,
    count: 0,
    offsetAt: nothing,
    keyAt: nothing,
    valueAt: nothing,
    timestampMsAt: nothing,
    headersAt: nothing,
  };
}

/** The numbers are what the patched kafkajs has read; not of compressed batches. */
type PlainMessage = KafkaMessage & { readonly timestampNumber?: number; readonly offsetNumber?: number };

const EMPTY = Buffer.alloc(0);

const DIGIT_0 = 48;

/**
 * The number that a decimal text of kafkajs stands for. Two of them come with each record, and `Number` takes three
 * times as long for a text it has never seen.
 */
export function wholeNumber(text: string): number {
  let number = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - DIGIT_0;
    // The sign of a record without a timestamp.
    if (digit < 0 || digit > 9) return Number(text);
    number = number * 10 + digit;
  }
  return number;
}
