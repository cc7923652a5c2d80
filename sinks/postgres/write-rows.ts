import type { PoolClient } from 'pg';
import type { MonthPartitions } from './month-partitions.ts';
import type { SinkRow } from './rows.ts';
import { writeCatalog } from './write-catalog.ts';
import { documentTables, writeDocuments } from './write-documents.ts';
import { reportTables, writeReports } from './write-reports.ts';
import { writeSourceStatuses } from './write-source-statuses.ts';
import { statementTables, writeStatements } from './write-statements.ts';
import { totalTables, writeTotals } from './write-totals.ts';

/** Writes the rows of a flush, which has at most one for each key. Dead letters are not among what is written. */
export async function writeRows(client: PoolClient, rows: readonly SinkRow[]): Promise<void> {
  await writeReports(client, ofKind(rows, 'report'));
  await writeTotals(client, ofKind(rows, 'total'));
  await writeDocuments(client, ofKind(rows, 'document'));
  await writeStatements(client, ofKind(rows, 'statement'));
  await writeCatalog(client, ofKind(rows, 'catalog'));
  await writeSourceStatuses(client, ofKind(rows, 'sourceStatus'));
}

/** Makes the partitions that the rows need. */
export async function ensurePartitions(partitions: MonthPartitions, rows: readonly SinkRow[]): Promise<void> {
  await partitions.ensure(
    reportTables,
    ofKind(rows, 'report').map(({ report }) => report.day),
  );
  await partitions.ensure(
    totalTables,
    ofKind(rows, 'total').map(({ total }) => total.day),
  );
  await partitions.ensure(
    documentTables,
    ofKind(rows, 'document').map(({ newest }) => newest.document.day),
  );
  await partitions.ensure(
    statementTables,
    ofKind(rows, 'statement').map(({ statement }) => statement.day),
  );
}

function ofKind<K extends SinkRow['kind']>(rows: readonly SinkRow[], kind: K): Extract<SinkRow, { kind: K }>[] {
  return rows.filter((row): row is Extract<SinkRow, { kind: K }> => row.kind === kind);
}
