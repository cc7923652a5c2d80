import { stringify } from 'csv-stringify/sync';
import { formatAmount } from '../../attribution/amount.ts';
import { compareText } from '../../attribution/canonical-json.ts';
import { table } from '../../runtime/terminal/table.ts';
import { formatDay } from '../../schemas/day.ts';
import type { Amount } from '../../schemas/scalars.ts';
import { changeCells, changeColumns } from '../change-table.ts';
import type { DocumentDifference } from './differences.ts';

/** Days that are shown one by one; the rest stands in the CSV. */
const MAX_SHOWN = 40;

/** Differences for people: what each tenant gains or loses, then the days that change most. */
export function differencesText(differences: readonly DocumentDifference[]): string {
  if (differences.length === 0) return 'No document differs.';
  const shown = [...differences].sort(byChange).slice(0, MAX_SHOWN).sort(byPlace);
  const days = table(
    [{ title: 'day' }, { title: 'tenant' }, ...changeColumns('billed')],
    shown.map((one) => [
      formatDay(one.day),
      one.tenant,
      ...changeCells(one.before.billed, one.after.billed, one.currency),
    ]),
  );
  const rest = differences.length - shown.length;
  const title = rest > 0 ? `The ${shown.length} days that change most, of ${differences.length}` : 'Days that change';
  return `${tenantsText(differences)}\n\n${title}\n\n${days}`;
}

/** The same for programs and tables: all of them, both amounts. */
export function differencesCsv(differences: readonly DocumentDifference[]): string {
  return stringify(
    differences.map(({ day, tenant, currency, before, after }) => ({
      day: formatDay(day),
      tenant,
      currency,
      billed_before: formatAmount(before.billed),
      billed_after: formatAmount(after.billed),
      effective_before: formatAmount(before.effective),
      effective_after: formatAmount(after.effective),
      lines_before: before.lines,
      lines_after: after.lines,
    })),
    { header: true, columns: CSV_COLUMNS },
  );
}

const CSV_COLUMNS = [
  ...['day', 'tenant', 'currency', 'billed_before', 'billed_after'],
  ...['effective_before', 'effective_after', 'lines_before', 'lines_after'],
];

function tenantsText(differences: readonly DocumentDifference[]): string {
  const sums = new Map<string, { tenant: string; currency: string; before: bigint; after: bigint; days: number }>();
  for (const { tenant, currency, before, after } of differences) {
    const key = JSON.stringify([tenant, currency]);
    const sum = sums.get(key) ?? { tenant, currency, before: 0n, after: 0n, days: 0 };
    sum.before += before.billed;
    sum.after += after.billed;
    sum.days += 1;
    sums.set(key, sum);
  }
  const rows = [...sums.values()]
    .sort((a, b) => compareText(a.tenant, b.tenant) || compareText(a.currency, b.currency))
    .map(({ tenant, currency, before, after, days }) => [
      tenant,
      String(days),
      ...changeCells(before as Amount, after as Amount, currency),
    ]);
  return table([{ title: 'tenant' }, { title: 'days', align: 'right' }, ...changeColumns('billed')], rows);
}

function byChange(a: DocumentDifference, b: DocumentDifference): number {
  const difference = changeOf(b) - changeOf(a);
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}

function changeOf({ before, after }: DocumentDifference): bigint {
  const change = after.billed - before.billed;
  return change < 0n ? -change : change;
}

function byPlace(a: DocumentDifference, b: DocumentDifference): number {
  return a.day - b.day || compareText(a.tenant, b.tenant);
}
