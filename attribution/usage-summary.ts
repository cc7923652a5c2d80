import type { MeterUsage } from '../schemas/statement.ts';
import { CALL_COUNT, REFUSAL_METERS, type UsageTotal } from '../schemas/usage-total.ts';
import { compareText } from './canonical-json.ts';
import { computeOnce } from './compute-once.ts';

/**
 * What a statement says about the usage of its day: per meter the quantity seen and the lines refused or repeated.
 * A total with a call count also stands for the meter `call_count`: its lines are calls and count under both. Records
 * of refused lines count for the meter that the line was for and add no quantity.
 */
export function summarizeUsage(totals: readonly UsageTotal[]): MeterUsage[] {
  const meters = new Map<string, Sums>();
  for (const total of totals) {
    const refused = REFUSAL_METERS.includes(total.meter);
    add(meters, refused ? total.refusedMeter : total.meter, total, refused ? 0n : total.quantity);
    if (total.callCount !== null) add(meters, CALL_COUNT, total, refused ? 0n : BigInt(total.callCount));
  }
  return [...meters]
    .sort(([a], [b]) => compareText(a, b))
    .map(([meter, { quantity, late, conflicting, duplicates }]) => ({
      meter,
      quantity,
      late,
      conflicting,
      duplicates,
    }));
}

interface Sums {
  quantity: bigint;
  late: number;
  conflicting: number;
  duplicates: number;
}

function add(meters: Map<string, Sums>, meter: string, total: UsageTotal, quantity: bigint): void {
  const sums = computeOnce(meters, meter, () => ({ quantity: 0n, late: 0, conflicting: 0, duplicates: 0 }));
  sums.quantity += quantity;
  sums.late += total.late;
  sums.conflicting += total.conflicting;
  sums.duplicates += total.duplicates;
}
