import { calls } from '../schemas/topics.ts';
import { CALL_DURATION, type UsageTotal } from '../schemas/usage-total.ts';

/** A total of some calls there. */
export function callTotal(
  place: Pick<UsageTotal, 'day' | 'cluster' | 'namespace' | 'tenant' | 'product' | 'partition'>,
  random: (below: number) => number,
): UsageTotal {
  const origin = { meter: CALL_DURATION, topic: calls.name, identity: '', refusedMeter: '' };
  const counted = { quantity: BigInt(1 + random(80_000_000)), callCount: 1 + random(900) };
  return { ...place, ...origin, ...counted, duplicates: 0, conflicting: 0, late: 0, through: 1 };
}
