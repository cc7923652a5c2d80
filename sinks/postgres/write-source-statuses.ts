import type { PoolClient } from 'pg';
import { formatDay } from '../../schemas/day.ts';
import type { Day, Instant } from '../../schemas/scalars.ts';
import type { AccountStatus } from '../../schemas/source-status.ts';
import type { SourceStatusRow } from './rows.ts';
import { upsertSourceStatus } from './statements/upsert-source-status.sql.ts';

/** Writes how sources fare, where that is newer than what the table holds. There are few of them, one statement each. */
export async function writeSourceStatuses(client: PoolClient, rows: readonly SourceStatusRow[]): Promise<void> {
  for (const { status } of rows) {
    await client.query({
      ...upsertSourceStatus,
      values: [
        status.poller,
        status.source,
        status.state,
        status.detail,
        timeOf(status.lastRunAt),
        timeOf(status.lastSuccessAt),
        timeOf(status.nextRunAt),
        status.requests,
        status.records,
        status.requestsLeft,
        JSON.stringify(status.warnings),
        JSON.stringify(status.accounts.map(accountJson)),
        timeOf(status.updatedAt),
      ],
    });
  }
}

function accountJson({ lastSuccessAt, firstDay, lastDay, ...account }: AccountStatus): object {
  return { ...account, lastSuccessAt: timeOf(lastSuccessAt), firstDay: dayText(firstDay), lastDay: dayText(lastDay) };
}

function timeOf(instant: Instant | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}

function dayText(day: Day | null): string | null {
  return day === null ? null : formatDay(day);
}
