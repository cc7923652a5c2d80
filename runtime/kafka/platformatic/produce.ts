import { createAPI, produceV9, Writer } from '@platformatic/kafka';
import { REQUEST_LIMIT_MS } from '../limits.ts';

export interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  /** A record batch. */
  readonly bytes: Buffer;
}

/** Produce, version 9, of batches that are encoded already. */
export const produceBatches = createAPI<
  [transactionalId: string | null, batches: readonly PartitionBatch[]],
  ReturnType<typeof produceV9.parseResponse>
>(0, 9, request, produceV9.parseResponse);

const ALL_REPLICAS = -1;

function request(transactionalId: string | null, batches: readonly PartitionBatch[]): Writer {
  const byTopic = [...Map.groupBy(batches, ({ topic }) => topic)];
  return Writer.create()
    .appendString(transactionalId)
    .appendInt16(ALL_REPLICAS)
    .appendInt32(REQUEST_LIMIT_MS)
    .appendArray(byTopic, (topicWriter, [topic, ofTopic]) => {
      topicWriter.appendString(topic).appendArray(ofTopic, (writer, { partition, bytes }) => {
        writer
          .appendInt32(partition)
          .appendUnsignedVarInt(bytes.length + 1)
          .append(bytes);
      });
    })
    .appendTaggedFields();
}
