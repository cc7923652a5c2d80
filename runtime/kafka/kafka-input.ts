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
    return Number(this.#message.timestamp);
  }

  get headers(): InputRecord['headers'] {
    return Object.entries(this.#message.headers ?? {}).flatMap(([name, values]) =>
      [values]
        .flat()
        .map((value) => ({ name, value: typeof value === 'string' ? Buffer.from(value) : (value ?? EMPTY) })),
    );
  }
}

const EMPTY = Buffer.alloc(0);
