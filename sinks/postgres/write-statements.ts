import type { PoolClient } from 'pg';
import { formatAmount } from '../../attribution/amount.ts';
import {
  bigintArray,
  dateArray,
  intArray,
  numericArray,
  textArray,
  timestamptzArray,
} from '../../runtime/postgres/arrays.ts';
import type { Money, SourceStatement, Statement } from '../../schemas/statement.ts';
import type { StatementRow } from './rows.ts';
import { deleteStatementReasons } from './statements/delete-statement-reasons.sql.ts';
import { deleteStatementSources } from './statements/delete-statement-sources.sql.ts';
import { deleteStatementUsage } from './statements/delete-statement-usage.sql.ts';
import { insertStatementReasons } from './statements/insert-statement-reasons.sql.ts';
import { insertStatementSources } from './statements/insert-statement-sources.sql.ts';
import { insertStatementUsage } from './statements/insert-statement-usage.sql.ts';
import { upsertStatements } from './statements/upsert-statements.sql.ts';
import { amountArray } from './values.ts';

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
  const keys = [dateArray(standing.map(({ day }) => day)), textArray(standing.map(({ currency }) => currency))];
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
      dateArray(statements.map(({ day }) => day)),
      textArray(statements.map(({ currency }) => currency)),
      intArray(statements.map(({ calcVersion }) => calcVersion)),
      bigintArray(statements.map(({ revision }) => revision)),
      textArray(statements.map(({ digest }) => digest)),
      textArray(statements.map(({ missingSources }) => JSON.stringify(missingSources))),
      textArray(
        statements.map(({ negativeBases }) =>
          JSON.stringify(negativeBases.map((base) => ({ ...base, billed: formatAmount(base.billed) }))),
        ),
      ),
      timestamptzArray(rows.map(({ recordedAt }) => recordedAt)),
    ],
  });
  const keys = new Set(accepted.map(keyOf));
  return statements.filter((statement) => keys.has(keyOf(statement)));
}

async function insertSources(client: PoolClient, statements: readonly Statement[]): Promise<void> {
  const parts = statements.flatMap((statement) => statement.sources.map((source) => ({ statement, source })));
  const sources = parts.map(({ source }) => source);
  const money = (of: (source: SourceStatement) => Sums): Buffer[] => [
    amountArray(sources.map((source) => of(source).billed)),
    amountArray(sources.map((source) => of(source).effective)),
  ];
  await client.query({
    ...insertStatementSources,
    values: [
      dateArray(parts.map(({ statement }) => statement.day)),
      textArray(parts.map(({ statement }) => statement.currency)),
      textArray(sources.map(({ source }) => source)),
      textArray(sources.map(({ account }) => account)),
      timestamptzArray(sources.map(({ observedAt }) => observedAt)),
      textArray(sources.map(({ status }) => status)),
      intArray(sources.map(({ charges }) => charges)),
      ...money((source) => source.in),
      ...money((source) => source.allocated),
      ...money((source) => source.covered),
      ...money((source) => source.held),
      ...money((source) => total(Object.values(source.unallocated))),
      ...money((source) => source.difference),
      textArray(sources.map(({ rate }) => rate)),
      dateArray(sources.map(({ rateDay }) => rateDay)),
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
      dateArray(parts.map(({ day }) => day)),
      textArray(parts.map(({ currency }) => currency)),
      textArray(parts.map(({ source }) => source)),
      textArray(parts.map(({ account }) => account)),
      intArray(parts.map(({ place }) => place)),
      textArray(parts.map(({ outcome }) => outcome)),
      textArray(parts.map(({ reason }) => reason)),
      amountArray(parts.map(({ money }) => money.billed)),
      amountArray(parts.map(({ money }) => money.effective)),
    ],
  });
}

async function insertUsage(client: PoolClient, statements: readonly Statement[]): Promise<void> {
  const parts = statements.flatMap(({ day, currency, usage }) => usage.map((meter) => ({ day, currency, ...meter })));
  await client.query({
    ...insertStatementUsage,
    values: [
      dateArray(parts.map(({ day }) => day)),
      textArray(parts.map(({ currency }) => currency)),
      textArray(parts.map(({ meter }) => meter)),
      numericArray(
        parts.map(({ quantity }) => quantity),
        0,
      ),
      bigintArray(parts.map(({ late }) => late)),
      bigintArray(parts.map(({ conflicting }) => conflicting)),
      bigintArray(parts.map(({ duplicates }) => duplicates)),
    ],
  });
}
