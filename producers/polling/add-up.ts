import { compareText } from '../../attribution/canonical-json.ts';
import { chargeKey } from '../../attribution/read-report.ts';
import type { CostLine } from '../../schemas/cost-report.ts';
import type { Amount } from '../../schemas/scalars.ts';

/** Lines with equal descriptors added up, in the order of those, so that the order of answers decides nothing. */
export function addUp(lines: readonly CostLine[]): CostLine[] {
  const sums = new Map<string, CostLine>();
  for (const line of lines) {
    const key = chargeKey(line);
    const sum = sums.get(key);
    sums.set(key, sum === undefined ? line : { ...sum, ...sumOf(sum, line) });
  }
  return [...sums].sort(([a], [b]) => compareText(a, b)).map(([, line]) => line);
}

function sumOf(a: CostLine, b: CostLine): Pick<CostLine, 'billed' | 'effective'> {
  return { billed: (a.billed + b.billed) as Amount, effective: (a.effective + b.effective) as Amount };
}
