import type { KafkaClient } from '../runtime/kafka/client.ts';
import type { PreparedCodec } from '../runtime/kafka/codec.ts';
import { readTopic } from '../runtime/kafka/read-topic.ts';
import type { InputRecord } from '../runtime/task.ts';

/** Decoding waits for this much, so that the values of a large topic are never all in memory. */
const CHUNK_RECORDS = 10_000;
const CHUNK_BYTES = 16 * 1024 * 1024;

/** Reads a topic to its end; each record comes when the codec knows its schema, those of a partition in order. */
export async function readPrepared(
  kafka: KafkaClient,
  name: string,
  codec: PreparedCodec,
  onRecord: (record: InputRecord) => void,
): Promise<void> {
  let records: InputRecord[] = [];
  let bytes = 0;
  const take = async (): Promise<void> => {
    const chunk = records;
    records = [];
    bytes = 0;
    await codec.prepare(chunk.map(({ value }) => value));
    for (const record of chunk) onRecord(record);
  };
  await readTopic(kafka, name, async (record) => {
    records.push(record);
    bytes += record.value?.length ?? 0;
    if (records.length >= CHUNK_RECORDS || bytes >= CHUNK_BYTES) await take();
  });
  await take();
}
