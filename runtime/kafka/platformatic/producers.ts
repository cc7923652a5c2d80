import { setTimeout as sleep } from 'node:timers/promises';
import { addOffsetsToTxnV3, addPartitionsToTxnV3, endTxnV3, txnOffsetCommitV3 } from '@platformatic/kafka';
import type { GroupPosition, IdempotentProducer, TopicRecords, TransactionalProducer } from '../client.ts';
import { DISCARD_LIMIT_MS } from '../limits.ts';
import { ask, type Cluster } from './cluster.ts';
import { check } from './errors.ts';
import type { PartitionBatch } from './produce.ts';
import { insist, Sender, takeIdentity } from './sender.ts';

/** See `KafkaClient.idempotentProducer`. */
export async function openIdempotent(cluster: Cluster): Promise<IdempotentProducer> {
  const identity = await closingOnError(cluster, () => takeIdentity(cluster, null));
  const sender = new Sender(cluster, identity);
  return {
    send: (records) => sender.send(records, async () => {}),
    close: () => cluster.close(),
  };
}

/** See `KafkaClient.transactionalProducer`: whoever had the id before can commit no more when this resolves. */
export async function openTransactional(cluster: Cluster, transactionalId: string): Promise<TransactionalProducer> {
  const { producerId, producerEpoch } = await closingOnError(cluster, () => takeIdentity(cluster, transactionalId));
  return new PlatformaticTransactionalProducer(cluster, { transactionalId, producerId, producerEpoch });
}

async function closingOnError<T>(cluster: Cluster, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

interface TransactionalIdentity {
  readonly transactionalId: string;
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

class PlatformaticTransactionalProducer implements TransactionalProducer {
  readonly #cluster: Cluster;
  readonly #identity: TransactionalIdentity;
  readonly #sender: Sender;
  /** Partitions that the coordinator knows to belong to the open transaction, by `topic/partition`. */
  readonly #partitions = new Set<string>();
  #isOpen = false;

  constructor(cluster: Cluster, identity: TransactionalIdentity) {
    this.#cluster = cluster;
    this.#identity = identity;
    this.#sender = new Sender(cluster, identity);
  }

  send(records: readonly TopicRecords[]): Promise<void> {
    return this.#sender.send(records, (batches) => this.#addPartitions(batches));
  }

  async sendPositions(groupId: string, positions: readonly GroupPosition[]): Promise<void> {
    const { transactionalId, producerId, producerEpoch } = this.#identity;
    this.#isOpen = true;
    await insist(this.#cluster, async () => {
      const coordinator = await this.#cluster.coordinator('transaction', transactionalId);
      const values = [transactionalId, producerId, producerEpoch, groupId] as const;
      check((await ask(coordinator, addOffsetsToTxnV3.api, ...values)).errorCode);
    });
    const topics = topicsOf(positions);
    await insist(this.#cluster, async () => {
      const coordinator = await this.#cluster.coordinator('group', groupId);
      const values = [transactionalId, groupId, producerId, producerEpoch, NO_GENERATION, '', null, topics] as const;
      const answer = await ask(coordinator, txnOffsetCommitV3.api, ...values);
      for (const { errorCode } of answer.topics.flatMap(({ partitions }) => partitions)) check(errorCode);
    });
  }

  commit(): Promise<void> {
    return this.#end(true);
  }

  abort(): Promise<void> {
    return this.#end(false);
  }

  async discard(): Promise<void> {
    const aborted = this.#end(false).catch(() => {});
    await Promise.race([aborted, sleep(DISCARD_LIMIT_MS, undefined, { ref: false })]);
    await this.#cluster.close();
  }

  async #addPartitions(batches: readonly PartitionBatch[]): Promise<void> {
    const added = batches.filter((batch) => !this.#partitions.has(keyOf(batch)));
    if (added.length === 0) return;
    const { transactionalId, producerId, producerEpoch } = this.#identity;
    const topics = [...Map.groupBy(added, ({ topic }) => topic)].map(([name, own]) => {
      return { name, partitions: own.map(({ partition }) => partition) };
    });
    this.#isOpen = true;
    await insist(this.#cluster, async () => {
      const coordinator = await this.#cluster.coordinator('transaction', transactionalId);
      const transaction = { transactionalId, producerId, producerEpoch, verifyOnly: false, topics };
      const answer = await ask(coordinator, addPartitionsToTxnV3.api, [transaction]);
      const codes = answer.resultsByTransaction.flatMap(({ topicResults }) =>
        topicResults.flatMap(({ resultsByPartition }) => resultsByPartition.map((each) => each.partitionErrorCode)),
      );
      // Where one partition is refused the others are not attempted, which says nothing.
      check(codes.find((code) => code !== 0 && code !== OPERATION_NOT_ATTEMPTED) ?? 0);
    });
    for (const batch of added) this.#partitions.add(keyOf(batch));
  }

  async #end(isCommitted: boolean): Promise<void> {
    // The coordinator does not know of a transaction that nothing was added to.
    if (!this.#isOpen) return;
    const { transactionalId, producerId, producerEpoch } = this.#identity;
    await insist(this.#cluster, async () => {
      const coordinator = await this.#cluster.coordinator('transaction', transactionalId);
      const values = [transactionalId, producerId, producerEpoch, isCommitted] as const;
      check((await ask(coordinator, endTxnV3.api, ...values)).errorCode);
    });
    this.#partitions.clear();
    this.#isOpen = false;
  }
}

function topicsOf(positions: readonly GroupPosition[]) {
  return [...Map.groupBy(positions, ({ topic }) => topic)].map(([name, own]) => ({
    name,
    partitions: own.map(({ partition, position, metadata }) => ({
      partitionIndex: partition,
      committedOffset: BigInt(position),
      committedLeaderEpoch: -1,
      committedMetadata: metadata,
    })),
  }));
}

function keyOf({ topic, partition }: PartitionBatch): string {
  return `${topic}/${partition}`;
}

/** The group does not check who commits: the transactional id of the task does. */
const NO_GENERATION = -1;
const OPERATION_NOT_ATTEMPTED = 55;
