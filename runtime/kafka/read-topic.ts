import { randomUUID } from 'node:crypto';
import type { Batch, Kafka } from 'kafkajs';
import { ApportionError } from '../errors.ts';
import type { InputRecord } from '../task.ts';

/** No record and no marker for this long means that the broker does not deliver. */
const SILENCE_LIMIT_MS = 60_000;

/**
 * Reads a topic from its beginning to the ends it had at the call, committed records only, each partition in order.
 * It leaves nothing behind: its consumer group has a name of its own and is deleted at the end.
 *
 * @param name the topic with its prefix
 * @param onRecord takes each record; `topic` is the name as given
 * @throws ApportionError `topic_silent` when the broker delivers nothing for a minute before the end is reached.
 */
export async function readTopic(
  kafka: Kafka,
  name: string,
  onRecord: (record: InputRecord) => void | Promise<void>,
): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const left = await partitionsToRead(admin, name);
    if (left.size > 0) await readUntil(kafka, name, left, onRecord, (group) => admin.deleteGroups([group]));
  } finally {
    await admin.disconnect();
  }
}

/** The end of each partition that holds anything. */
async function partitionsToRead(admin: ReturnType<Kafka['admin']>, name: string): Promise<Map<number, number>> {
  const ends = new Map<number, number>();
  for (const { partition, low, high } of await admin.fetchTopicOffsets(name)) {
    if (low !== high) ends.set(partition, Number(high));
  }
  return ends;
}

async function readUntil(
  kafka: Kafka,
  name: string,
  left: Map<number, number>,
  onRecord: (record: InputRecord) => void | Promise<void>,
  deleteGroup: (group: string) => Promise<unknown>,
): Promise<void> {
  const groupId = `${name}.read.${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, maxBytesPerPartition: 32 * 1024 * 1024, maxWaitTimeInMs: 100 });
  const finished = Promise.withResolvers<void>();
  let silence: NodeJS.Timeout | undefined;
  const listen = (): void => {
    clearTimeout(silence);
    silence = setTimeout(() => finished.reject(silent(name, left)), SILENCE_LIMIT_MS);
  };
  const reached = (partition: number, position: number): void => {
    listen();
    if (position >= (left.get(partition) ?? 0)) left.delete(partition);
    if (left.size === 0) finished.resolve();
  };
  try {
    listen();
    await consumer.connect();
    await consumer.subscribe({ topic: name, fromBeginning: true });
    // A batch that holds only transaction markers never comes to eachBatch; its end is told by this event alone.
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
      reached(payload.partition, Number(payload.lastOffset) + 1);
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) finished.reject(payload.error);
    });
    await consumer.run({
      eachBatch: async ({ batch }) => deliver(name, batch, left.get(batch.partition) ?? 0, onRecord),
      autoCommit: false,
    });
    await finished.promise;
  } finally {
    clearTimeout(silence);
    await consumer.disconnect();
    await deleteGroup(groupId);
  }
}

async function deliver(
  name: string,
  batch: Batch,
  end: number,
  onRecord: (record: InputRecord) => void | Promise<void>,
): Promise<void> {
  for (const message of batch.messages) {
    const offset = Number(message.offset);
    if (offset >= end) return;
    await onRecord({
      topic: name,
      partition: batch.partition,
      offset,
      timestampMs: Number(message.timestamp),
      key: message.key,
      value: message.value,
      headers: Object.entries(message.headers ?? {}).flatMap(([header, values]) =>
        [values ?? []].flat().map((value) => ({ name: header, value: Buffer.from(value) })),
      ),
    });
  }
}

function silent(name: string, left: ReadonlyMap<number, number>): ApportionError {
  const partitions = [...left.keys()].join(', ');
  return new ApportionError(
    'topic_silent',
    `The broker delivered nothing of ${name} for ${SILENCE_LIMIT_MS / 1000} s; partitions ${partitions} are not read to their end.`,
    'See whether the broker answers, and whether a transaction on the topic is left open.',
  );
}
