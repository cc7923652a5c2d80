import { stringify } from 'csv-stringify/sync';
import type { Pool } from 'pg';
import { formatAmount } from '../attribution/amount.ts';
import { documentText } from '../attribution/document-text.ts';
import { statementText } from '../attribution/statement-text.ts';
import type { AttributionDocument, AttributionLine } from '../schemas/attribution-document.ts';
import type { DayRange } from '../schemas/day.ts';
import { formatDay } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';
import type { SourceStatement, Statement } from '../schemas/statement.ts';
import { sumMoney } from './money.ts';
import { type DocumentFilter, readDocuments } from './read-documents.ts';
import { readStatements, statedDays } from './read-statements.ts';
import { readUsage, type UsageRow } from './read-usage.ts';

export type ExportFormat = 'jsonl' | 'csv';

/**
 * The documents of the days, sorted by day, tenant and currency, as pieces of text: one JSON line for each document, or
 * one CSV row for each line of a document. A day is held in memory at a time.
 */
export async function* exportAttributions(
  pool: Pool,
  range: DayRange,
  filter: DocumentFilter,
  format: ExportFormat,
): AsyncGenerator<string> {
  if (format === 'csv') yield csv([attributionColumns]);
  for (const day of await statedDays(pool, range)) {
    const documents = await readDocuments(pool, day, filter);
    yield format === 'csv' ? csv(documents.flatMap(attributionRows)) : jsonLines(documents, documentText);
  }
}

/** The statements of the days, sorted by day and currency: one JSON line each, or one CSV row for each source of each. */
export async function* exportStatements(pool: Pool, range: DayRange, format: ExportFormat): AsyncGenerator<string> {
  if (format === 'csv') yield csv([statementColumns]);
  for (const day of await statedDays(pool, range)) {
    const statements = await readStatements(pool, day);
    yield format === 'csv' ? csv(statements.flatMap(statementRows)) : jsonLines(statements, statementText);
  }
}

/** Usage of the days per key, summed over input partitions, meters of calls apart. */
export async function* exportUsage(
  pool: Pool,
  range: DayRange,
  filter: DocumentFilter,
  format: ExportFormat,
): AsyncGenerator<string> {
  if (format === 'csv') yield csv([usageColumns]);
  for (let day = range.from; day <= range.to; day = (day + 1) as Day) {
    const rows = await readUsage(pool, day, filter);
    yield format === 'csv'
      ? csv(rows.map((row) => [row.day, row.tenant, row.product, row.cluster, row.namespace, row.meter, row.quantity]))
      : jsonLines(rows, usageLine);
  }
}

const usageColumns = ['day', 'tenant', 'product', 'cluster', 'namespace', 'meter', 'quantity'];

/** The quantity is a JSON integer of any size, so the line is put together as text. */
function usageLine(row: UsageRow): string {
  const { quantity, ...key } = row;
  return `${JSON.stringify(key).slice(0, -1)},"quantity":${quantity}}`;
}

/** In the order of the JSON form, after what identifies the document. */
const lineFields = [
  'source',
  'account',
  'service',
  'cluster',
  'namespace',
  'region',
  'subAccount',
  'category',
  'product',
  'tier',
  'ruleId',
  'method',
  'driver',
  'weight',
  'totalWeight',
] as const satisfies readonly (keyof AttributionLine)[];

const attributionColumns = [
  'day',
  'tenant',
  'currency',
  'status',
  'calcVersion',
  'revision',
  'digest',
  ...lineFields,
  'billed',
  'effective',
  'reason',
];

function attributionRows(document: AttributionDocument): string[][] {
  const key = [
    formatDay(document.day),
    document.tenant,
    document.currency,
    document.status,
    String(document.calcVersion),
    String(document.revision),
    document.digest,
  ];
  return document.lines.map((line) => [
    ...key,
    ...lineFields.map((field) => line[field]),
    formatAmount(line.billed),
    formatAmount(line.effective),
    line.reason,
  ]);
}

const amounts = ['in', 'allocated', 'covered', 'held', 'unallocated', 'difference'] as const;

const statementColumns = [
  'day',
  'currency',
  'digest',
  'source',
  'account',
  'observedAt',
  'status',
  'charges',
  ...amounts.flatMap((amount) => [`${amount}Billed`, `${amount}Effective`]),
  'rate',
  'rateDay',
];

function statementRows(statement: Statement): string[][] {
  return statement.sources.map((source) => [
    formatDay(statement.day),
    statement.currency,
    statement.digest,
    source.source,
    source.account,
    new Date(source.observedAt).toISOString(),
    source.status,
    String(source.charges),
    ...amounts.flatMap((amount) => amountCells(source, amount)),
    source.rate ?? '',
    source.rateDay === null ? '' : formatDay(source.rateDay),
  ]);
}

function amountCells(source: SourceStatement, amount: (typeof amounts)[number]): string[] {
  const money = amount === 'unallocated' ? sumMoney(Object.values(source.unallocated)) : source[amount];
  return [formatAmount(money.billed), formatAmount(money.effective)];
}

function jsonLines<T>(values: readonly T[], format: (value: T) => string): string {
  return values.map((value) => `${format(value)}\n`).join('');
}

function csv(rows: readonly (readonly string[])[]): string {
  return stringify(rows.map((row) => [...row]));
}
