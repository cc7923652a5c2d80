import type { PoolClient } from 'pg';
import { formatAmount } from '../../attribution/amount.ts';
import type { Money, SourceStatement, Statement } from '../../schemas/statement.ts';
import type { StatementRow } from './rows.ts';
import { deleteStatementReasons } from './statements/delete-statement-reasons.sql.ts';
import { deleteStatementSources } from './statements/delete-statement-sources.sql.ts';
import { deleteStatementUsage } from './statements/delete-statement-usage.sql.ts';
import { insertStatementReasons } from './statements/insert-statement-reasons.sql.ts';
import { insertStatementSources } from './statements/insert-statement-sources.sql.ts';
import { insertStatementUsage } from './statements/insert-statement-usage.sql.ts';
import { upsertStatements } from './statements/upsert-statements.sql.ts';
import { dateText, numericText, timestampText } from './values.ts';

export const statementTables: readonly string[] = [
  'statement',
  'statement_source',
  'statement_reason',
  'statement_usage',
];

/** Writes statements that are not older than what the table holds, and their parts, replaced whole. */
export async function writeStatements(client: PoolClient, rows: readonly StatementRow[]): Promise<void> {
  if (rows.length === 0) return;
  const sorted = rows.toSorted((a, b) => compareKeys(a.statement, b.statement));
  const standing = await upsert(client, sorted);
  const keys = [standing.map(({ day }) => dateText(day)), standing.map(({ currency }) => currency)];
  for (const remove of [deleteStatementSources, deleteStatementReasons, deleteStatementUsage]) {
    await client.query({ ...remove, values: keys });
  }
  await insertSources(client, standing);
  await insertReasons(client, standing);
  await insertUsage(client, standing);
}

type Key = Pick<Statement, 'day' | 'currency'>;

function compareKeys(a: Key, b: Key): number {
  return a.day - b.day || (a.currency < b.currency ? -1 : 1);
}

function keyOf({ day, currency }: Key): string {
  return `${day}\0${currency}`;
}

async function upsert(client: PoolClient, rows: readonly StatementRow[]): Promise<Statement[]> {
  const statements = rows.map(({ statement }) => statement);
  const { rows: accepted } = await client.query<Key>({
    ...upsertStatements,
    values: [
      statements.map(({ day }) => dateText(day)),
      statements.map(({ currency }) => currency),
      statements.map(({ calcVersion }) => calcVersion),
      statements.map(({ revision }) => revision),
      statements.map(({ digest }) => digest),
      statements.map(({ missingSources }) => JSON.stringify(missingSources)),
      statements.map(({ negativeBases }) =>
        JSON.stringify(negativeBases.map((base) => ({ ...base, billed: formatAmount(base.billed) }))),
      ),
      rows.map(({ recordedAt }) => timestampText(recordedAt)),
    ],
  });
  const keys = new Set(accepted.map(keyOf));
  return statements.filter((statement) => keys.has(keyOf(statement)));
}

async function insertSources(client: PoolClient, statements: readonly Statement[]): Promise<void> {
  const parts = statements.flatMap((statement) => statement.sources.map((source) => ({ statement, source })));
  const sources = parts.map(({ source }) => source);
  const money = (of: (source: SourceStatement) => Sums): string[][] => [
    sources.map((source) => numericText(of(source).billed)),
    sources.map((source) => numericText(of(source).effective)),
  ];
  await client.query({
    ...insertStatementSources,
    values: [
      parts.map(({ statement }) => dateText(statement.day)),
      parts.map(({ statement }) => statement.currency),
      sources.map(({ source }) => source),
      sources.map(({ account }) => account),
      sources.map(({ observedAt }) => timestampText(observedAt)),
      sources.map(({ status }) => status),
      sources.map(({ charges }) => charges),
      ...money((source) => source.in),
      ...money((source) => source.allocated),
      ...money((source) => source.covered),
      ...money((source) => source.held),
      ...money((source) => total(Object.values(source.unallocated))),
      ...money((source) => source.difference),
      sources.map(({ rate }) => rate),
      sources.map(({ rateDay }) => (rateDay === null ? null : dateText(rateDay))),
    ],
  });
}

interface Sums {
  readonly billed: bigint;
  readonly effective: bigint;
}

function total(amounts: readonly Money[]): Sums {
  return {
    billed: amounts.reduce((sum, { billed }) => sum + billed, 0n),
    effective: amounts.reduce((sum, { effective }) => sum + effective, 0n),
  };
}

async function insertReasons(client: PoolClient, statements: readonly Statement[]): Promise<void> {
  const parts = statements.flatMap(({ day, currency, sources }) =>
    sources.flatMap(({ source, account, unallocated, heldReasons }) =>
      [
        ...Object.entries(unallocated).map(([reason, money]) => ({ outcome: 'unallocated', reason, money })),
        ...Object.entries(heldReasons).map(([reason, money]) => ({ outcome: 'held', reason, money })),
      ].map((part, place) => ({ day, currency, source, account, place, ...part })),
    ),
  );
  await client.query({
    ...insertStatementReasons,
    values: [
      parts.map(({ day }) => dateText(day)),
      parts.map(({ currency }) => currency),
      parts.map(({ source }) => source),
      parts.map(({ account }) => account),
      parts.map(({ place }) => place),
      parts.map(({ outcome }) => outcome),
      parts.map(({ reason }) => reason),
      parts.map(({ money }) => numericText(money.billed)),
      parts.map(({ money }) => numericText(money.effective)),
    ],
  });
}

async function insertUsage(client: PoolClient, statements: readonly Statement[]): Promise<void> {
  const parts = statements.flatMap(({ day, currency, usage }) => usage.map((meter) => ({ day, currency, ...meter })));
  await client.query({
    ...insertStatementUsage,
    values: [
      parts.map(({ day }) => dateText(day)),
      parts.map(({ currency }) => currency),
      parts.map(({ meter }) => meter),
      parts.map(({ quantity }) => quantity.toString()),
      parts.map(({ late }) => late),
      parts.map(({ conflicting }) => conflicting),
      parts.map(({ duplicates }) => duplicates),
    ],
  });
}
