import type { PoolClient } from 'pg';
import { dateArray, intArray, textArray, timestamptzArray } from '../../runtime/postgres/arrays.ts';
import type { CostLine, CostReport } from '../../schemas/cost-report.ts';
import { formatDay } from '../../schemas/day.ts';
import { costReports } from '../../schemas/topics.ts';
import { copyRows, copyText } from './copy.ts';
import type { ReportRow } from './rows.ts';
import { copyCharges } from './statements/copy-charges.sql.ts';
import { deleteCharges } from './statements/delete-charges.sql.ts';
import { upsertReports } from './statements/upsert-reports.sql.ts';
import { amountArray, numericText } from './values.ts';

export const reportTables: readonly string[] = ['cost_report', 'cost_charge'];

/** Writes reports that are newer than what the table holds, and their lines, replaced whole. */
export async function writeReports(client: PoolClient, rows: readonly ReportRow[]): Promise<void> {
  if (rows.length === 0) return;
  const sorted = rows
    .map((row) => ({ row, key: costReports.key(row.report) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ row }) => row);
  const standing = await upsert(client, sorted);
  if (standing.length === 0) return;
  await client.query({
    ...deleteCharges,
    values: [
      textArray(standing.map(({ source }) => source)),
      textArray(standing.map(({ account }) => account)),
      dateArray(standing.map(({ day }) => day)),
    ],
  });
  await copyRows(client, copyCharges, chargesOf(standing));
}

type Key = Pick<CostReport, 'source' | 'account' | 'day'>;

async function upsert(client: PoolClient, rows: readonly ReportRow[]): Promise<CostReport[]> {
  const reports = rows.map(({ report }) => report);
  const { rows: accepted } = await client.query<Key>({
    ...upsertReports,
    values: [
      textArray(reports.map(({ source }) => source)),
      textArray(reports.map(({ account }) => account)),
      dateArray(reports.map(({ day }) => day)),
      textArray(reports.map(({ currency }) => currency)),
      timestamptzArray(reports.map(({ observedAt }) => observedAt)),
      textArray(reports.map(({ status }) => status)),
      textArray(rows.map(({ digest }) => digest)),
      intArray(reports.map(({ lines }) => lines.length)),
      amountArray(reports.map(({ lines }) => sum(lines, 'billed'))),
      amountArray(reports.map(({ lines }) => sum(lines, 'effective'))),
      timestamptzArray(rows.map(({ recordedAt }) => recordedAt)),
    ],
  });
  const keys = new Set(accepted.map(keyOf));
  return reports.filter((report) => keys.has(keyOf(report)));
}

function keyOf({ source, account, day }: Key): string {
  return `${day}\0${source}\0${account}`;
}

function sum(lines: readonly CostLine[], amount: 'billed' | 'effective'): bigint {
  return lines.reduce((before, line) => before + line[amount], 0n);
}

function* chargesOf(reports: readonly CostReport[]): Generator<string> {
  for (const { source, account, day, currency, lines } of reports) {
    const report = `${copyText(source)}\t${copyText(account)}\t${formatDay(day)}`;
    let place = 0;
    for (const line of lines) {
      yield `${report}\t${place}\t${copyText(currency)}\t${copyText(line.service)}\t${copyText(line.cluster)}\t${copyText(
        line.namespace,
      )}\t${copyText(line.region)}\t${copyText(line.resource)}\t${copyText(line.subAccount)}\t${copyText(
        line.category,
      )}\t${numericText(line.billed)}\t${numericText(line.effective)}\t${copyText(JSON.stringify(line.tags))}\n`;
      place += 1;
    }
  }
}
