import { randomUUID } from 'node:crypto';
import type { KafkaClient } from '../../runtime/kafka/client.ts';
import { KafkaInput } from '../../runtime/kafka/kafka-input.ts';

/**
 * Reads a topic as the host of processors does, with its fetch sizes, and makes each record that a task would get.
 * Gives the milliseconds from the first delivery to the last.
 */
export async function readThroughPort(kafka: KafkaClient, topic: string, count: number): Promise<number> {
  const stop = new AbortController();
  let partitions: readonly number[] = [];
  let beganMs = 0;
  let tookMs = 0;
  let read = 0;
  let bytes = 0;
  const member = kafka.member({
    groupId: `bench-clients-${randomUUID()}`,
    topics: [topic],
    assigner: {
      name: 'all',
      userData: () => Buffer.alloc(0),
      assign: (members, partitionsOf) => {
        partitions = [...Array(partitionsOf(topic)).keys()];
        return new Map(members.map(({ memberId }) => [memberId, { [topic]: partitions }]));
      },
    },
    sessionTimeoutMs: 30_000,
    partitionBytes: 1024 * 1024,
    joined: () => member.point(new Map(partitions.map((partition) => [`${topic}/${partition}`, 0]))),
    take: (delivery) => {
      if (beganMs === 0) beganMs = performance.now();
      for (let index = 0; index < delivery.count; index++) {
        const record = new KafkaInput(topic, delivery, index);
        bytes += record.value?.length ?? 0;
      }
      read += delivery.count;
      if (read === count) {
        tookMs = performance.now() - beganMs;
        stop.abort();
      }
      return undefined;
    },
  });
  try {
    await member.run(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    await member.close();
  }
  if (bytes === 0) throw new Error('Nothing was read.');
  return tookMs;
}
