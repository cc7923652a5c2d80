import type { InputRecord } from '../task.ts';
import type { Delivery } from './client.ts';

/** A record of a delivery. What few tasks look at is made when they do. */
export class KafkaInput implements InputRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly value: Buffer | null;
  readonly #delivery: Delivery;
  readonly #index: number;

  /** @param topic how the record calls its topic */
  constructor(topic: string, delivery: Delivery, index: number) {
    this.topic = topic;
    this.partition = delivery.partition;
    this.offset = delivery.offsetAt(index);
    this.value = delivery.valueAt(index);
    this.#delivery = delivery;
    this.#index = index;
  }

  get key(): Buffer | null {
    return this.#delivery.keyAt(this.#index);
  }

  get timestampMs(): number {
    return this.#delivery.timestampMsAt(this.#index);
  }

  get headers(): InputRecord['headers'] {
    return this.#delivery.headersAt(this.#index);
  }
}

/** What the records hold, in order. */
export function valuesOf(delivery: Delivery): (Buffer | null)[] {
  const values: (Buffer | null)[] = [];
  for (let index = 0; index < delivery.count; index++) values.push(delivery.valueAt(index));
  return values;
}
