import type { PoolClient } from 'pg';
import type { CostLine, CostReport } from '../../schemas/cost-report.ts';
import { costReports } from '../../schemas/topics.ts';
import { copyRows, copyText } from './copy.ts';
import type { ReportRow } from './rows.ts';
import { copyCharges } from './statements/copy-charges.sql.ts';
import { deleteCharges } from './statements/delete-charges.sql.ts';
import { upsertReports } from './statements/upsert-reports.sql.ts';
import { dateText, numericText, timestampText } from './values.ts';

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
  const days = standing.map(({ day }) => dateText(day));
  const inOrder = days.toSorted();
  await client.query({
    ...deleteCharges,
    values: [
      standing.map(({ source }) => source),
      standing.map(({ account }) => account),
      days,
      inOrder.at(0),
      inOrder.at(-1),
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
      reports.map(({ source }) => source),
      reports.map(({ account }) => account),
      reports.map(({ day }) => dateText(day)),
      reports.map(({ currency }) => currency),
      reports.map(({ observedAt }) => timestampText(observedAt)),
      reports.map(({ status }) => status),
      rows.map(({ digest }) => digest),
      reports.map(({ lines }) => lines.length),
      reports.map(({ lines }) => sum(lines, 'billed')),
      reports.map(({ lines }) => sum(lines, 'effective')),
      rows.map(({ recordedAt }) => timestampText(recordedAt)),
    ],
  });
  const keys = new Set(accepted.map(keyOf));
  return reports.filter((report) => keys.has(keyOf(report)));
}

function keyOf({ source, account, day }: Key): string {
  return `${day}\0${source}\0${account}`;
}

function sum(lines: readonly CostLine[], amount: 'billed' | 'effective'): string {
  const total = lines.reduce((before, line) => before + line[amount], 0n);
  return numericText(total);
}

function* chargesOf(reports: readonly CostReport[]): Generator<string> {
  for (const { source, account, day, currency, lines } of reports) {
    const report = `${copyText(source)}\t${copyText(account)}\t${dateText(day)}`;
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
