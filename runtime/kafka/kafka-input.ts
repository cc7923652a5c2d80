import type { KafkaMessage } from 'kafkajs';
import type { InputRecord } from '../task.ts';

/** A fetched record. What few tasks look at is converted when they do. */
export class KafkaInput implements InputRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly #message: KafkaMessage;

  constructor(topic: string, partition: number, offset: number, message: KafkaMessage) {
    this.topic = topic;
    this.partition = partition;
    this.offset = offset;
    this.key = message.key;
    this.value = message.value;
    this.#message = message;
  }

  get timestampMs(): number {
    return (this.#message as PlainRecord).timestampNumber ?? wholeNumber(this.#message.timestamp);
  }

  get headers(): InputRecord['headers'] {
    return Object.entries(this.#message.headers ?? {}).flatMap(([name, values]) =>
      [values]
        .flat()
        .map((value) => ({ name, value: typeof value === 'string' ? Buffer.from(value) : (value ?? EMPTY) })),
    );
  }
}

/** What the patched client has read as numbers; not of compressed batches. */
interface PlainRecord {
  readonly timestampNumber?: number;
  readonly offsetNumber?: number;
}

/** The offset of a fetched record. */
export function offsetOf(message: KafkaMessage): number {
  return (message as PlainRecord).offsetNumber ?? wholeNumber(message.offset);
}

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
