/**
 * The port to Kafka: what the runtime needs of a client library, and no more. Everything above it speaks these types;
 * `createKafka` gives the library that the settings name. Positions are offsets as numbers: the next entry to be read.
 *
 * Every promise rejects with a `KafkaError`, which `faultOf` makes sense of. What passes within seconds, a coordinator
 * that loads say, is tried again below the port; what takes longer is for the caller to try again and to tell.
 */
import type { Committed, InputRecord } from '../task.ts';

export interface KafkaClient {
  /** Connects when it is first asked something. */
  admin(): KafkaAdmin;
  /** A member of a consumer group that has not joined it yet. */
  member(options: MemberOptions): GroupMember;
  /** A producer that repeats nothing by its own retries, connected. */
  idempotentProducer(): Promise<IdempotentProducer>;
  /** Takes the transactional id over: all who had it before can commit no more once this has resolved. */
  transactionalProducer(transactionalId: string): Promise<TransactionalProducer>;
}

export interface KafkaAdmin {
  /** Resolves when a broker has answered. */
  reach(): Promise<void>;
  /** All topics there are, with their numbers of partitions. */
  topics(): Promise<ReadonlyMap<string, number>>;
  /** Creates the topics and waits until they can be written. Those that somebody else has created at once are left. */
  createTopics(topics: readonly NewTopic[]): Promise<void>;
  deleteTopics(topics: readonly string[]): Promise<void>;
  /** All configuration that is in force for a topic, by name. */
  topicConfig(topic: string): Promise<ReadonlyMap<string, ConfigValue>>;
  /** Sets the configuration of a topic in the place of all that was set on it. */
  replaceTopicConfig(topic: string, config: Readonly<Record<string, string>>): Promise<void>;
  /** By partition. */
  extents(topic: string): Promise<ReadonlyMap<number, Extent>>;
  /** The position behind the last record of each partition, be it of a transaction that is still open. */
  highWatermarks(topic: string): Promise<ReadonlyMap<number, number>>;
  /** The first position of each partition whose record has this timestamp or a later one; its end where none has. */
  positionsAt(topic: string, timestampMs: number): Promise<ReadonlyMap<number, number>>;
  /**
   * What a group has committed, by topic and partition; partitions it never committed are absent. What a transaction
   * has committed a moment ago may come a moment later, but not after its transactional id was taken over.
   */
  committed(groupId: string, topics: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<number, Committed>>>;
  /** The ids of all groups. */
  groups(): Promise<readonly string[]>;
  deleteGroups(groupIds: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface NewTopic {
  readonly topic: string;
  readonly partitions: number;
  /** -1 for the broker's default. */
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
}

export interface ConfigValue {
  readonly value: string;
  /** Whether it is set on the topic itself, rather than on the broker or by default. */
  readonly isOfTopic: boolean;
}

/** Where a partition begins and ends: the first position that is there, and the one that readers of committed records get to. */
export interface Extent {
  readonly low: number;
  readonly end: number;
}

export interface MemberOptions {
  readonly groupId: string;
  /** As the group knows a member that failed and whose place this one takes: the group does not wait for that one then. */
  readonly memberId?: string | undefined;
  readonly topics: readonly string[];
  readonly assigner: Assigner;
  /** A member that is silent for so long is put out of the group. Nobody may hold up a rebalance for longer, either. */
  readonly sessionTimeoutMs: number;
  /** What is fetched of one partition at once; a larger record comes all the same. */
  readonly partitionBytes: number;
  /** Called each time that the group has given this member its partitions, before anything is read of them. */
  readonly joined: (join: Join) => void;
  /**
   * Takes what was read of one partition; the next delivery waits for the promise, where there is one, and the member
   * meanwhile stays in the group. Neither throws nor rejects.
   */
  readonly take: (delivery: Delivery) => Promise<void> | undefined;
}

export interface Join {
  readonly memberId: string;
  readonly assignment: Assignment;
}

/** Partitions by topic. */
export type Assignment = Readonly<Record<string, readonly number[]>>;

/** Shares the partitions of a group out. The member that the group makes its leader is asked to. */
export interface Assigner {
  /** Members of a group must all have assigners of the same name. */
  readonly name: string;
  /** What this member tells the leader whenever it joins. */
  userData(): Buffer;
  assign(
    members: readonly JoiningMember[],
    partitionsOf: (topic: string) => number,
  ): ReadonlyMap<JoiningMember['memberId'], Assignment>;
}

export interface JoiningMember {
  readonly memberId: string;
  readonly userData: Buffer;
}

/** Reads committed records. It reads nothing before it is pointed. */
export interface GroupMember {
  /**
   * Joins the group and reads. Rejects with the reason of the signal when that is aborted, and is still a member then;
   * or with what it has failed of: it is of no more use then, and another may take its place.
   */
  run(signal: AbortSignal): Promise<never>;
  /**
   * Reads the partitions that are wanted, each from its position, and no others. By `topic/partition`. What is on its way
   * may still come: whoever takes deliveries looks at where they begin.
   */
  point(wanted: ReadonlyMap<string, number>): void;
  /** Goes on from this position in a partition that is being read. */
  seek(topic: string, partition: number, position: number): void;
  /** Commits positions to the group; whether it succeeds matters to nobody. */
  commitHint(positions: readonly GroupPosition[]): void;
  /** Leaves the group, if it is in it, and closes its connections. Never rejects. */
  close(): Promise<void>;
}

export interface GroupPosition {
  readonly topic: string;
  readonly partition: number;
  readonly position: number;
  readonly metadata: string;
}

/**
 * Consecutive entries of a partition, all from `from` to before `next`, of which some, perhaps none, are committed
 * records: the others are markers, and records of transactions that were aborted. A record is looked at by its index,
 * from 0 to before `count`, so that nothing is made for each of them that nobody asks for.
 */
export interface Delivery {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly next: number;
  readonly count: number;
  offsetAt(index: number): number;
  keyAt(index: number): Buffer | null;
  valueAt(index: number): Buffer | null;
  timestampMsAt(index: number): number;
  headersAt(index: number): InputRecord['headers'];
}

export interface IdempotentProducer {
  /**
   * Resolves when all replicas have the records. Those of one call for one partition are one record batch, which the
   * broker refuses whole when it is larger than the topic allows. After an error the producer is of no more use.
   */
  send(records: readonly TopicRecords[]): Promise<void>;
  /** Closes its connections. Never rejects. */
  close(): Promise<void>;
}

/** One transaction after the other: each begins with what is first sent. After an error it is of no more use. */
export interface TransactionalProducer {
  /** As an idempotent producer's. */
  send(records: readonly TopicRecords[]): Promise<void>;
  /** The group has these positions committed from when the transaction is. */
  sendPositions(groupId: string, positions: readonly GroupPosition[]): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
  /**
   * Ends an open transaction where that is still possible, since readers wait for its end, and else leaves that to the
   * broker; closes its connections. Takes a few seconds at most and never rejects.
   */
  discard(): Promise<void>;
}

export interface TopicRecords {
  readonly topic: string;
  readonly records: readonly OutgoingRecord[];
}

export interface OutgoingRecord {
  readonly key: string | Buffer | null;
  readonly value: Buffer | null;
  /** What the partition follows from, see `partitionOfRoute`. */
  readonly route: string | number;
  readonly headers?: InputRecord['headers'];
}
