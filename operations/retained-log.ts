import type { Admin } from 'kafkajs';
import { ApportionError } from '../runtime/errors.ts';
import { addDays, type DayRange, formatDay, startOf } from '../schemas/day.ts';
import { calls, usage } from '../schemas/topics.ts';

/**
 * Whether the log still has all lines of the days: what is counted from the rest of them would be too small.
 *
 * @throws ApportionError `beyond_log` when some were deleted
 */
export async function checkRetained(admin: Admin, prefix: string, days: DayRange): Promise<void> {
  const neededMs = startOf(addDays(days.from, -1));
  for (const { name } of [calls, usage]) {
    const topic = prefix + name;
    const starts = await admin.fetchTopicOffsets(topic);
    const found = await admin.fetchTopicOffsetsByTimestamp(topic, neededMs);
    for (const { partition, low, high } of starts) {
      const at = found.find((each) => each.partition === partition);
      // The first record that is still there is younger than the first that is needed may be: something was deleted.
      if (low !== '0' && low !== high && at?.offset === low) {
        throw new ApportionError(
          'beyond_log',
          `Records of ${topic} partition ${partition} before its offset ${low} were deleted, and ${formatDay(days.from)} needs them.`,
          'Give a later first day with --from. What stands of the earlier days stays as it is.',
        );
      }
    }
  }
}
