import { setImmediate as turn } from 'node:timers/promises';
import type { Delivery } from '../client.ts';
import { faultOfProtocolCode, type KafkaError } from '../errors.ts';
import { ask, type Cluster } from './cluster.ts';
import { deliveryOf } from './delivery.ts';
import { check, kafkaErrorOf, refusal } from './errors.ts';
import { type Fetched, fetchRecords } from './fetch.ts';

export interface ReaderOptions {
  readonly cluster: Cluster;
  readonly partitionBytes: number;
  readonly take: (delivery: Delivery) => Promise<void> | undefined;
  /** It reads no more. */
  readonly failed: (error: KafkaError) => void;
}

/** A partition that is being read. Where reading goes on from elsewhere another takes its place. */
interface Place {
  readonly topic: string;
  readonly partition: number;
  /** To be fetched next: ahead of what was handed over. */
  position: number;
}

/**
 * Fetches from each broker what is wanted of it, one request at a time, and the next while what has come is being
 * handed over. Deliveries follow one another, of whatever brokers they are. Where nothing is wanted nothing happens.
 */
export class RecordReader {
  readonly #options: ReaderOptions;
  /** By `topic/partition`. */
  #places: ReadonlyMap<string, Place> = new Map();
  /** Brokers that are being fetched from. */
  readonly #nodes = new Set<number>();
  #handing: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** By `topic/partition`. What was fetched and not handed over is fetched again. */
  point(wanted: ReadonlyMap<string, number>): void {
    const places = [...wanted].map(([key, position]): [string, Place] => {
      const at = key.lastIndexOf('/');
      return [key, { topic: key.slice(0, at), partition: Number(key.slice(at + 1)), position }];
    });
    this.#places = new Map(places);
    if (places.length > 0) void this.#start();
  }

  seek(topic: string, partition: number, position: number): void {
    const key = keyOf({ topic, partition });
    if (this.#places.has(key)) this.#places = new Map([...this.#places, [key, { topic, partition, position }]]);
  }

  close(): void {
    this.#isClosed = true;
    this.#places = new Map();
  }

  /** Begins to fetch from brokers that lead something wanted and are not fetched from. */
  async #start(): Promise<void> {
    try {
      for (const node of (await this.#byLeader()).keys()) {
        if (!this.#nodes.has(node)) void this.#readFrom(node);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  async #readFrom(node: number): Promise<void> {
    this.#nodes.add(node);
    try {
      for (;;) {
        const known = this.#places;
        const wanted = (await this.#byLeader()).get(node) ?? [];
        if (wanted.length === 0) {
          // It may have been pointed elsewhere while it looked.
          if (this.#places !== known) continue;
          return;
        }
        const fetched = await this.#fetch(node, wanted);
        await this.#handing;
        this.#handing = this.#handOver(fetched);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#nodes.delete(node);
    }
  }

  async #byLeader(): Promise<Map<number, Place[]>> {
    const { cluster } = this.#options;
    return cluster.patiently(async () => {
      const byLeader = new Map<number, Place[]>();
      for (const place of this.#places.values()) {
        const leader = (await cluster.leadersOf(place.topic))[place.partition];
        if (leader === undefined) throw refusal(UNKNOWN_TOPIC_OR_PARTITION);
        byLeader.set(leader, [...(byLeader.get(leader) ?? []), place]);
      }
      return byLeader;
    });
  }

  /** What has come of each place. Its position moves on at once, so that the next fetch goes on behind it. */
  async #fetch(node: number, wanted: readonly Place[]): Promise<[Place, Delivery][]> {
    const { cluster, partitionBytes } = this.#options;
    const answer = await cluster.patiently(async () => {
      const given = await ask(await cluster.node(node), fetchRecords, wanted, partitionBytes);
      check(given.errorCode);
      return given;
    });
    const deliveries: [Place, Delivery][] = [];
    for (const fetched of answer.partitions) {
      const place = wanted.find((each) => each.topic === fetched.topic && each.partition === fetched.partition);
      if (place === undefined || !this.#isCurrent(place)) continue;
      const delivery = this.#deliveryOf(fetched, place);
      if (delivery === null) continue;
      place.position = delivery.next;
      deliveries.push([place, delivery]);
    }
    return deliveries;
  }

  #deliveryOf(fetched: Fetched, place: Place): Delivery | null {
    if (fetched.errorCode === 0) return deliveryOf(fetched, place.position);
    // Another broker leads it now, or will in a moment.
    if (faultOfProtocolCode(fetched.errorCode) !== 'transient') throw refusal(fetched.errorCode);
    this.#options.cluster.forget();
    return null;
  }

  async #handOver(deliveries: readonly [Place, Delivery][]): Promise<void> {
    for (const [place, delivery] of deliveries) {
      if (!this.#isCurrent(place)) continue;
      await this.#options.take(delivery);
      // Deliveries follow one another without a turn of the event loop, which commits and timers need.
      await turn();
    }
  }

  #isCurrent(place: Place): boolean {
    return this.#places.get(keyOf(place)) === place;
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    this.close();
    this.#options.failed(kafkaErrorOf(error));
  }
}

function keyOf({ topic, partition }: Pick<Place, 'topic' | 'partition'>): string {
  return `${topic}/${partition}`;
}

const UNKNOWN_TOPIC_OR_PARTITION = 3;
