import { ApportionError } from '../runtime/errors.ts';
import type { KafkaAdmin } from '../runtime/kafka/client.ts';
import { addDays, type DayRange, formatDay, startOf } from '../schemas/day.ts';
import { calls, usage } from '../schemas/topics.ts';

/**
 * Whether the log still has all lines of the days: what is counted from the rest of them would be too small.
 *
 * @throws ApportionError `beyond_log` when some were deleted
 */
export async function checkRetained(admin: KafkaAdmin, prefix: string, days: DayRange): Promise<void> {
  const neededMs = startOf(addDays(days.from, -1));
  for (const { name } of [calls, usage]) {
    const topic = prefix + name;
    const extents = await admin.extents(topic);
    const found = await admin.positionsAt(topic, neededMs);
    for (const [partition, { low, end }] of extents) {
      // The first record that is still there is younger than the first that is needed may be: something was deleted.
      if (low !== 0 && low !== end && found.get(partition) === low) {
        throw new ApportionError(
          'beyond_log',
          `Records of ${topic} partition ${partition} before its offset ${low} were deleted, and ${formatDay(days.from)} needs them.`,
          'Give a later first day with --from. What stands of the earlier days stays as it is.',
        );
      }
    }
  }
}
