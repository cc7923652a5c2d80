import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka, Message, Producer, ProducerBatch, Transaction } from 'kafkajs';
import { Backoff } from '../../retry.ts';
import type { GroupPosition, IdempotentProducer, TopicRecords, TransactionalProducer } from '../client.ts';
import { type KafkaError, REFUSED_FOR_NOW } from '../errors.ts';
import { DISCARD_LIMIT_MS, REFUSED_LIMIT_MS, TRANSACTION_TIMEOUT_MS } from '../limits.ts';
import { asked } from './errors.ts';
import { createRoutePartitioner } from './route-partitioner.ts';

/** Each send acknowledged before the next, to partitions that follow from the records' routes. */
const common = { maxInFlightRequests: 1, allowAutoTopicCreation: false, createPartitioner: createRoutePartitioner };

/** See `KafkaClient.idempotentProducer`. */
export async function openIdempotent(kafka: Kafka): Promise<IdempotentProducer> {
  const producer = kafka.producer({ ...common, idempotent: true });
  await connect(producer, async () => {});
  return {
    send: (records) => asked(async () => void (await producer.sendBatch(batchOf(records)))),
    close: () => producer.disconnect().catch(() => {}),
  };
}

/** See `KafkaClient.transactionalProducer`: whoever had the id before can commit no more when this resolves. */
export async function openTransactional(kafka: Kafka, transactionalId: string): Promise<TransactionalProducer> {
  const producer = kafka.producer({ ...common, transactionalId, transactionTimeout: TRANSACTION_TIMEOUT_MS });
  // Beginning one is what fences. It is begun, and nothing sent.
  const first = await connect(producer, () => producer.transaction());
  return new KafkajsTransactionalProducer(producer, first);
}

async function connect<T>(producer: Producer, begin: () => Promise<T>): Promise<T> {
  try {
    return await asked(async () => {
      await producer.connect();
      return begin();
    });
  } catch (error) {
    await producer.disconnect().catch(() => {});
    throw error;
  }
}

class KafkajsTransactionalProducer implements TransactionalProducer {
  readonly #producer: Producer;
  #transaction: Transaction | null;

  constructor(producer: Producer, first: Transaction) {
    this.#producer = producer;
    this.#transaction = first;
  }

  send(records: readonly TopicRecords[]): Promise<void> {
    return asked(async () => {
      const transaction = await this.#begun();
      await transaction.sendBatch(batchOf(records));
    });
  }

  async sendPositions(groupId: string, positions: readonly GroupPosition[]): Promise<void> {
    const offsets = { consumerGroupId: groupId, topics: topicsOf(positions) };
    const endMs = performance.now() + REFUSED_LIMIT_MS;
    const backoff = new Backoff(10, 100);
    for (;;) {
      try {
        await asked(async () => (await this.#begun()).sendOffsets(offsets));
        return;
      } catch (error) {
        // kafkajs does not repeat this request when the transaction before is not yet ended everywhere, so this does.
        const { protocolCode } = error as KafkaError;
        if (protocolCode === null || !REFUSED_FOR_NOW.has(protocolCode) || performance.now() > endMs) throw error;
        await sleep(backoff.nextMs());
      }
    }
  }

  commit(): Promise<void> {
    return this.#end((transaction) => transaction.commit());
  }

  abort(): Promise<void> {
    return this.#end((transaction) => transaction.abort());
  }

  async discard(): Promise<void> {
    const transaction = this.#transaction;
    this.#transaction = null;
    const aborted = transaction?.isActive() ? transaction.abort().catch(() => {}) : Promise.resolve();
    const done = aborted.then(() => this.#producer.disconnect()).catch(() => {});
    await Promise.race([done, sleep(DISCARD_LIMIT_MS, undefined, { ref: false })]);
  }

  async #begun(): Promise<Transaction> {
    this.#transaction ??= await this.#producer.transaction();
    return this.#transaction;
  }

  #end(how: (transaction: Transaction) => Promise<void>): Promise<void> {
    return asked(async () => {
      await how(await this.#begun());
      this.#transaction = null;
    });
  }
}

function batchOf(records: readonly TopicRecords[]): ProducerBatch {
  return { acks: -1, topicMessages: records.map((each) => ({ topic: each.topic, messages: messagesOf(each) })) };
}

/** Records without headers are messages as they stand, so that nothing is made for each of them. */
function messagesOf({ records }: TopicRecords): Message[] {
  if (records.every(({ headers }) => headers === undefined)) return records as unknown as Message[];
  return records.map(({ headers = [], ...record }) => {
    const byName = Map.groupBy(headers, ({ name }) => name);
    return {
      ...record,
      headers: Object.fromEntries([...byName].map(([name, same]) => [name, same.map(({ value }) => value)])),
    };
  });
}

function topicsOf(positions: readonly GroupPosition[]) {
  return [...Map.groupBy(positions, ({ topic }) => topic)].map(([topic, own]) => ({
    topic,
    partitions: own.map(({ partition, position, metadata }) => ({ partition, offset: String(position), metadata })),
  }));
}
