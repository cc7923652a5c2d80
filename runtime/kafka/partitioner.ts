import { partitionOfText } from './murmur2.ts';

/**
 * The partition of an output: a text is hashed as Kafka's Java client hashes keys, a number (a day, or the partition of
 * an original) is taken modulo the partitions.
 */
export function partitionOfRoute(route: string | number, partitions: number): number {
  return typeof route === 'string' ? partitionOfText(route, partitions) : modulo(route, partitions);
}

/** A day before 1970 is negative. */
function modulo(value: number, partitions: number): number {
  return ((value % partitions) + partitions) % partitions;
}

/** For kafkajs, which hands it each message as it was given to send, with its `route`. */
export function createRoutePartitioner(): (about: {
  partitionMetadata: readonly unknown[];
  message: object;
}) => number {
  return ({ partitionMetadata, message }) => {
    const { route } = message as { route?: unknown };
    if (typeof route !== 'string' && typeof route !== 'number') throw new Error('a message has no route');
    return partitionOfRoute(route, partitionMetadata.length);
  };
}
