import { table } from '../runtime/terminal/table.ts';

/** Bounds of the buckets, each some quarter above the one before: the same in every report, so that two compare. */
const STEPS = [1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.4, 8];
const LONGEST_BAR = 50;

/**
 * Milliseconds as text, a line for each bucket from the first to the last that has any: from its lower bound, included,
 * to its upper one, how many, and a bar.
 */
export function histogram(milliseconds: readonly number[]): string {
  const counts = new Map<number, number>();
  for (const ms of milliseconds) counts.set(bucketOf(ms), (counts.get(bucketOf(ms)) ?? 0) + 1);
  const buckets = [...counts.keys()];
  const [first, last] = [Math.min(...buckets), Math.max(...buckets)];
  const most = Math.max(...counts.values());
  const rows: string[][] = [];
  for (let bucket = first; bucket <= last; bucket++) {
    const count = counts.get(bucket) ?? 0;
    rows.push([
      boundText(bucket),
      boundText(bucket + 1),
      count.toLocaleString('en'),
      '█'.repeat(Math.ceil((count / most) * LONGEST_BAR)),
    ]);
  }
  return table(
    [
      { title: 'from ms', align: 'right' },
      { title: 'to ms', align: 'right' },
      { title: 'count', align: 'right' },
      { title: '' },
    ],
    rows,
  );
}

/** The value below or at which a share of the values lies (nearest rank). Throws when there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error('There is no percentile of nothing.');
  return value;
}

/** Bucket 0 begins at 1 ms and has all below it as well. */
function bucketOf(ms: number): number {
  let bucket = 0;
  while (ms >= boundOf(bucket + 1)) bucket += 1;
  return bucket;
}

function boundOf(bucket: number): number {
  const step = STEPS[bucket % STEPS.length] ?? 1;
  return step * 10 ** Math.floor(bucket / STEPS.length);
}

function boundText(bucket: number): string {
  return bucket === 0 ? '0' : boundOf(bucket).toLocaleString('en', { maximumFractionDigits: 2 });
}
