import { randomBytes } from 'node:crypto';
import { after } from 'node:test';
import type {
  Assigner,
  Assignment,
  Delivery,
  GroupMember,
  KafkaClient,
  MemberOptions,
} from '../../../runtime/kafka/client.ts';
import { createKafka, type KafkaSettings } from '../../../runtime/kafka/create-kafka.ts';
import { createLogger } from '../../../runtime/logger.ts';
import type { InputRecord } from '../../../runtime/task.ts';
import { eventually } from '../stack.ts';

export type Client = KafkaSettings['client'];

export function openClient(client: Client, brokers: string): Promise<KafkaClient> {
  return createKafka({ brokers: brokers.split(','), client, logger: createLogger('silent') });
}

/** A topic of the test's own, which has leaders. */
export async function freshTopic(
  kafka: KafkaClient,
  { partitions = 1, config = {} }: { partitions?: number; config?: Record<string, string> } = {},
): Promise<string> {
  const topic = freshName('topic');
  const admin = kafka.admin();
  await admin.createTopics([{ topic, partitions, replicationFactor: -1, config }]);
  await admin.close();
  return topic;
}

export function freshName(what: string): string {
  return `client-test-${what}-${randomBytes(6).toString('hex')}`;
}

/** What the tests write: texts, each of which goes to the partition of its number. */
export function texts(topic: string, partition: number, values: readonly string[]) {
  return [{ topic, records: values.map((text) => ({ key: null, value: Buffer.from(text), route: partition })) }];
}

export interface Seen {
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly timestampMs: number;
  readonly headers: InputRecord['headers'];
}

/** A member of a group that keeps what it is given. */
export class Collector {
  readonly groupId: string;
  readonly member: GroupMember;
  /** Records in the order they came, by `topic/partition`. */
  readonly seen = new Map<string, Seen[]>();
  /** The position behind the last delivery, by `topic/partition`. */
  readonly reached = new Map<string, number>();
  readonly joins: Assignment[] = [];
  memberId = '';
  failure: unknown = null;
  deliveries = 0;
  /** What the next delivery waits for. */
  holding: Promise<void> | undefined;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(kafka: KafkaClient, topics: readonly string[], options: Partial<MemberOptions> = {}) {
    this.groupId = options.groupId ?? freshName('group');
    this.member = kafka.member({
      groupId: this.groupId,
      topics,
      assigner: everything(topics),
      sessionTimeoutMs: 6_000,
      partitionBytes: 1024 * 1024,
      joined: ({ memberId, assignment }) => {
        this.memberId = memberId;
        this.joins.push(assignment);
      },
      take: (delivery) => this.#take(delivery),
      ...options,
    });
    this.#running = this.member.run(this.#stop.signal).catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.failure = error;
    });
    after(() => this.close());
  }

  async joined(): Promise<this> {
    await eventually('the member has joined', () => this.joins.length > 0 || this.failure !== null);
    if (this.failure !== null) throw this.failure;
    return this;
  }

  /** Reads partitions from these positions, and nothing else. By `topic/partition`. */
  point(wanted: Readonly<Record<string, number>>): void {
    for (const [place, position] of Object.entries(wanted)) this.reached.set(place, position);
    this.member.point(new Map(Object.entries(wanted)));
  }

  async reaches(place: string, position: number): Promise<void> {
    await eventually(`${place} is read to ${position}`, () => {
      if (this.failure !== null) throw this.failure;
      return (this.reached.get(place) ?? 0) >= position;
    });
  }

  valuesOf(place: string): (string | null)[] {
    return (this.seen.get(place) ?? []).map(({ value }) => value);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.member.close();
  }

  #take(delivery: Delivery): Promise<void> | undefined {
    const place = `${delivery.topic}/${delivery.partition}`;
    const { from, next, count } = delivery;
    this.deliveries += 1;
    const reached = this.reached.get(place);
    // It may have been on its way when the member was pointed elsewhere: whoever reads lets it pass.
    if (reached === undefined || from > reached || next <= reached) return undefined;
    const seen = this.seen.get(place) ?? [];
    this.seen.set(place, seen);
    for (let index = 0; index < count; index++) {
      const offset = delivery.offsetAt(index);
      const before = index === 0 ? from - 1 : delivery.offsetAt(index - 1);
      if (offset <= before || offset >= next) this.failure = new Error(`${offset} behind ${before}, before ${next}`);
      if (offset < reached) continue;
      seen.push({
        offset,
        key: delivery.keyAt(index)?.toString() ?? null,
        value: delivery.valueAt(index)?.toString() ?? null,
        timestampMs: delivery.timestampMsAt(index),
        headers: delivery.headersAt(index),
      });
    }
    this.reached.set(place, next);
    return this.holding;
  }
}

/** Gives the first member all partitions. */
function everything(topics: readonly string[]): Assigner {
  return {
    name: 'everything',
    userData: () => Buffer.alloc(0),
    assign: (members, partitionsOf) => {
      const all = topics.map((topic) => [topic, [...Array(partitionsOf(topic)).keys()]] as const);
      const ids = members.map(({ memberId }) => memberId).toSorted();
      return new Map(ids.map((id, index) => [id, index === 0 ? Object.fromEntries(all) : {}]));
    },
  };
}
