import { parseAmount } from '../attribution/amount.ts';
import type { CostLine } from '../schemas/cost-report.ts';
import type { Amount } from '../schemas/scalars.ts';

/** A line of some cost there. Billed and effective differ, as under commitments, so that both are split. */
export function costLine(place: Partial<CostLine>, random: (below: number) => number): CostLine {
  const descriptors = { service: '', cluster: '', namespace: '', region: '', resource: '', subAccount: '', tags: {} };
  const billed = parseAmount(`${10 + random(900)}.${1_000_000 + random(9_000_000)}`);
  if (typeof billed !== 'bigint') throw new Error(billed.fault);
  return { ...descriptors, category: 'Usage', ...place, billed, effective: (billed - 1_234_567_890n) as Amount };
}
