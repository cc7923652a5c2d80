import { Reader, Writer } from '@platformatic/kafka';
import type { Assignment } from '../client.ts';

/**
 * What members of a group tell each other through the broker, which does not look at it: see ConsumerProtocolSubscription
 * and ConsumerProtocolAssignment in Kafka's clients. Of the first version, so that members by other clients understand
 * it, and what later versions have behind it is not read.
 */
const VERSION = 0;

export function encodeSubscription(topics: readonly string[], userData: Buffer): Buffer {
  return Writer.create()
    .appendInt16(VERSION)
    .appendArray([...topics], (writer, topic) => void writer.appendString(topic, false), false, false)
    .appendBytes(userData, false).buffer;
}

/** What the member has added to its subscription. */
export function userDataOf(subscription: Buffer): Buffer {
  const reader = Reader.from(subscription);
  reader.readInt16();
  reader.readArray(() => reader.readString(false), false, false);
  return reader.readBytes(false);
}

export function encodeAssignment(assignment: Assignment): Buffer {
  return Writer.create()
    .appendInt16(VERSION)
    .appendArray(
      Object.entries(assignment),
      (topicWriter, [topic, partitions]) => {
        topicWriter
          .appendString(topic, false)
          .appendArray([...partitions], (writer, partition) => void writer.appendInt32(partition), false, false);
      },
      false,
      false,
    )
    .appendBytes(Buffer.alloc(0), false).buffer;
}

/** Of a member that gets nothing there may be no bytes at all. */
export function decodeAssignment(bytes: Buffer): Assignment {
  if (bytes.length === 0) return {};
  const reader = Reader.from(bytes);
  reader.readInt16();
  const topics = reader.readArray(
    () => [reader.readString(false), reader.readArray(() => reader.readInt32(), false, false)] as const,
    false,
    false,
  );
  return Object.fromEntries(topics);
}
