import { type Column, table } from '../../runtime/terminal/table.ts';
import { perSecond, type Run, warmPerSecond } from './run.ts';
import type { Side } from './side.ts';

const COLUMNS: readonly Column[] = [
  { title: '' },
  ...['calls/s', '2nd half', 'cpu us/call', 'peak MiB', 'totals written'].map(
    (title): Column => ({ title, align: 'right' }),
  ),
  { title: 'calls/s of each round' },
];

/** Sides below one another, medians of their rounds. */
export function runTable(sides: readonly Side[]): string {
  const rows = sides.map((side) => {
    // A short run may have no second half, and reading writes no totals.
    const whole = (figure: (run: Run) => number | undefined): string => {
      const value = side.median((run) => figure(run) ?? Number.NaN);
      return Number.isNaN(value) ? '' : Math.round(value).toLocaleString('en');
    };
    const rates = [...side.runs.values()].map((run) => `${Math.round(perSecond(run) / 1000)}k`);
    return [
      side.name,
      whole(perSecond),
      whole(warmPerSecond),
      side.median(({ cpuSeconds, calls }) => (cpuSeconds / calls) * 1e6).toFixed(2),
      whole(({ peakMib }) => peakMib),
      whole(({ written }) => written),
      rates.join(' '),
    ];
  });
  return table(COLUMNS, rows);
}
