import { ApportionError } from '../errors.ts';
import type { Committed, StartPosition } from '../task.ts';
import type { Extent, KafkaAdmin } from './client.ts';
import { KafkaError } from './errors.ts';

/**
 * Where a partition begins and ends.
 *
 * @throws KafkaError `transient` while it has no leader
 */
export async function extentOf(admin: KafkaAdmin, topic: string, partition: number): Promise<Extent> {
  return present((await admin.extents(topic)).get(partition), topic, partition);
}

/** The offset of a start position, within what is there. */
export async function startOffset(
  admin: KafkaAdmin,
  topic: string,
  partition: number,
  start: StartPosition,
  extent: Extent,
): Promise<number> {
  switch (start.at) {
    case 'beginning':
      return extent.low;
    case 'offset':
      return Math.max(start.offset, extent.low);
    case 'timestamp': {
      // The broker answers a negative time with the beginning or the end, as -2 and -1 say in its protocol.
      const found = await admin.positionsAt(topic, Math.max(0, Math.floor(start.ms)));
      const offset = present(found.get(partition), topic, partition);
      // What an open transaction holds back lies behind the end, and is read when it comes.
      return Math.max(Math.min(offset, extent.end), extent.low);
    }
  }
}

/** That the partition exists was checked before. Taking its end for where to begin would pass over what is there. */
function present<T>(found: T | undefined, topic: string, partition: number): T {
  if (found !== undefined) return found;
  throw new KafkaError('transient', `Partition ${partition} of ${topic} has no leader that could be asked about it.`);
}

/**
 * The offset up to which a task has read, within what is there.
 *
 * @throws ApportionError `records_deleted` when records between it and what is there were deleted unread,
 *   `committed_beyond_end` when the topic ends before it.
 * @param toBeginAnew see `Commits`
 */
export function checkCommitted(
  task: string,
  topic: string,
  { offset }: Pick<Committed, 'offset'>,
  extent: Extent,
  toBeginAnew: string,
): number {
  if (offset < extent.low) {
    throw new ApportionError(
      'records_deleted',
      `${task} has read ${topic} up to offset ${offset}, and the topic now begins at ${extent.low}: what lay between was deleted before it was read.`,
      `Stop the role, ${toBeginAnew}, send those records again, and start it: it goes through all that the topic holds.`,
    );
  }
  if (offset > extent.end) {
    throw new ApportionError(
      'committed_beyond_end',
      `${task} has read ${topic} up to offset ${offset}, and the topic ends at ${extent.end}: it was made anew, or lost records.`,
      'Restore the topic from a copy. What was made anew cannot replace what stands, whose versions are greater: else take another APPORTION_TOPIC_PREFIX and an empty database, and send the inputs there again.',
    );
  }
  return offset;
}
