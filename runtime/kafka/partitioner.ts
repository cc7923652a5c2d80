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
