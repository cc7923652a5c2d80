import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createLogger } from '../../../runtime/logger.ts';
import { TaskLost } from '../../../runtime/task-lost.ts';
import type { AttributionDocument } from '../../../schemas/attribution-document.ts';
import { addDays } from '../../../schemas/day.ts';
import { attributions } from '../../../schemas/topics.ts';
import { proxyOfPostgres } from '../../faults/proxy/open-proxy.ts';
import { eventually } from '../stack.ts';
import { amount, day, document, line } from './records.ts';
import { freshSink } from './sink-world.ts';

const sink = await freshSink();
const { proxy, databaseUrl } = await proxyOfPostgres(sink.databaseUrl);
after(() => proxy.goAway());
const throughProxy = sink.connect(databaseUrl);
let partitions = 0;

test('two owners: the one that took over writes, the other writes nothing more, and nothing is doubled', async () => {
  const { partition, tenant } = ownPartition();
  const documents = daysOf(tenant, 4);
  const zombie = await sink.own(attributions, partition);
  sink.append(attributions, documents.slice(0, 2), { partition });
  await zombie.commit();
  const heir = await sink.own(attributions, partition);
  sink.append(attributions, documents.slice(2, 3), { partition });
  await assert.rejects(zombie.commit(), isLost('fenced'));
  await heir.commit();
  sink.append(attributions, documents.slice(3), { partition });
  await assert.rejects(zombie.commit(), isLost('fenced'));
  await heir.commit();
  await assertWritten(tenant, documents, partition);
});

test('an owner that was overtaken before its first commit is fenced as well', async () => {
  const { partition, tenant } = ownPartition();
  const documents = daysOf(tenant, 1);
  const zombie = await sink.own(attributions, partition);
  await sink.own(attributions, partition);
  sink.append(attributions, documents, { partition });
  await assert.rejects(zombie.commit(), isLost('fenced'));
  assert.deepEqual(await sink.rows('SELECT tenant FROM attribution WHERE tenant = $1', [tenant]), []);
});

test('a sink that was closed writes nothing more', async () => {
  const { partition, tenant } = ownPartition();
  const owner = await sink.own(attributions, partition);
  sink.append(attributions, daysOf(tenant, 1), { partition });
  await owner.close();
  await assert.rejects(owner.commit(), isLost('fenced'));
});

test('a take-over waits for the earlier owner who is committing, and goes on behind it', async () => {
  const { partition, tenant } = ownPartition();
  const documents = daysOf(tenant, 2);
  sink.append(attributions, documents, { partition });
  const owner = await sink.own(attributions, partition);
  const blocker = await sink.pool.connect();
  try {
    // Holds the second table that the commit writes, so that it stands still with the offset moved.
    await blocker.query('BEGIN');
    await blocker.query('LOCK TABLE attribution_line IN ACCESS EXCLUSIVE MODE');
    const committing = owner.commit();
    await eventually('the commit waits', () => waiting('DELETE FROM attribution_line'));
    const heir = sink.own(attributions, partition);
    await eventually('the heir waits', () => waiting('INSERT INTO sink_offset'));
    await blocker.query('ROLLBACK');
    await committing;
    await (await heir).commit();
  } finally {
    blocker.release(true);
  }
  await assertWritten(tenant, documents, partition);
});

test('survives a cut before COMMIT: nothing was written, and the next owner writes it', () =>
  cutAt('request', 'COMMIT'));

test('survives a cut after COMMIT, before the reply: it was written, and is not written again', () =>
  cutAt('reply', 'COMMIT'));

for (const cut of ['request', 'reply'] as const) {
  for (const word of [
    'BEGIN',
    'move_offset',
    'upsert_documents',
    'withdraw_lines',
    'COPY attribution_line',
    'add_to_tenant_week',
    'upsert_history',
  ]) {
    test(`survives a cut ${cut === 'request' ? 'before' : 'after'} ${word}: it is tried again by itself`, async () => {
      const { partition, tenant } = ownPartition();
      const documents = daysOf(tenant, 3);
      sink.append(attributions, documents, { partition });
      const owner = await sink.own(attributions, partition, throughProxy);
      const before = proxy.cuts;
      proxy.cut(word, cut);
      await owner.commit();
      assert.equal(proxy.cuts, before + 1);
      await assertWritten(tenant, documents, partition);
    });
  }
}

test('survives a server that ends its session in the middle of a transaction', async () => {
  const { partition, tenant } = ownPartition();
  const documents = daysOf(tenant, 2);
  sink.append(attributions, documents, { partition });
  const owner = await sink.own(attributions, partition);
  const blocker = await sink.pool.connect();
  try {
    await blocker.query('BEGIN');
    await blocker.query('LOCK TABLE attribution_line IN ACCESS EXCLUSIVE MODE');
    const committing = owner.commit();
    const pid = await eventually('the commit waits', () => waiting('DELETE FROM attribution_line'));
    await blocker.query('SELECT pg_terminate_backend($1)', [pid]);
    await blocker.query('ROLLBACK');
    await committing;
  } finally {
    blocker.release(true);
  }
  await assertWritten(tenant, documents, partition);
});

test('waits while Postgres is away, says since when, and goes on by itself when it is back', async () => {
  const { partition, tenant } = ownPartition();
  const documents = daysOf(tenant, 2);
  const log: string[] = [];
  const logger = createLogger('info', { write: (entry) => void log.push(entry) });
  const owner = await sink.own(attributions, partition, throughProxy, logger);
  sink.append(attributions, documents, { partition });
  await proxy.goAway();
  const committing = owner.commit();
  await eventually('it says that Postgres is away', () => log.some((entry) => /is away since \d{4}-/.test(entry)));
  await proxy.comeBack();
  await committing;
  assert.ok(log.some((entry) => entry.includes('is back')));
  await assertWritten(tenant, documents, partition);
});

test('a sink that is closed while Postgres is away waits no longer', async () => {
  const { partition, tenant } = ownPartition();
  const owner = await sink.own(attributions, partition, throughProxy);
  sink.append(attributions, daysOf(tenant, 1), { partition });
  await proxy.goAway();
  const committing = owner.commit();
  const lost = assert.rejects(committing, isLost('unknown'));
  await owner.close();
  await lost;
  await proxy.comeBack();
});

test('what no waiting repairs ends the commit with an error that says what and why', async () => {
  const { partition, tenant } = ownPartition();
  const world = await freshSink();
  const owner = await world.own(attributions, partition);
  world.append(attributions, daysOf(tenant, 1), { partition });
  await world.rows('ALTER TABLE tenant_month RENAME TO tenant_month_elsewhere');
  await assert.rejects(owner.commit(), {
    code: 'postgres_refused',
    message: /Cannot write attributions\.v1\/\d+: relation "tenant_month" does not exist \(SQLSTATE 42P01\)/,
  });
  assert.deepEqual(await world.rows('SELECT * FROM attribution'), []);
});

/** A cut around COMMIT leaves the outcome open: the owner is lost, and whoever opens next does what is left to do. */
async function cutAt(cut: 'request' | 'reply', word: string): Promise<void> {
  const { partition, tenant } = ownPartition();
  const documents = daysOf(tenant, 3);
  const owner = await sink.own(attributions, partition, throughProxy);
  sink.append(attributions, documents, { partition });
  proxy.cut(word, cut);
  await assert.rejects(owner.commit(), isLost('unknown'));
  const offsets = await sink.rows('SELECT next_offset FROM sink_offset WHERE topic = $1 AND partition = $2', [
    attributions.name,
    partition,
  ]);
  if (cut === 'request') assert.deepEqual(offsets, [{ next_offset: null }]);
  else await eventually('the server has committed', () => isWritten(tenant));
  await owner.open();
  await owner.commit();
  await assertWritten(tenant, documents, partition);
}

function ownPartition(): { partition: number; tenant: string } {
  partitions += 1;
  return { partition: partitions, tenant: `tenant-${partitions}` };
}

function daysOf(tenant: string, count: number): AttributionDocument[] {
  return Array.from({ length: count }, (_, index) =>
    document({
      tenant,
      day: addDays(day('2026-10-30'), index),
      lines: [line(), line({ billed: amount(`${index}.5`) })],
    }),
  );
}

function isLost(outcome: TaskLost['outcome']): (error: unknown) => boolean {
  return (error) => error instanceof TaskLost && error.outcome === outcome;
}

async function isWritten(tenant: string): Promise<boolean> {
  return (await sink.rows('SELECT 1 FROM attribution WHERE tenant = $1', [tenant])).length > 0;
}

/** The process id of a session that waits for a lock with such a statement. */
async function waiting(statement: string): Promise<number | null> {
  const { rows } = await sink.pool.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%' AND pid <> pg_backend_pid()`,
    [statement],
  );
  return rows[0]?.pid ?? null;
}

/** Once each: the documents, their lines, their sums, and the offset behind them. */
async function assertWritten(
  tenant: string,
  documents: readonly AttributionDocument[],
  partition: number,
): Promise<void> {
  const found = await sink.rows(
    `SELECT (SELECT count(*)::int FROM attribution WHERE tenant = $1) AS documents,
       (SELECT count(*)::int FROM attribution_line WHERE tenant = $1) AS lines,
       (SELECT count(*)::int FROM attribution_history WHERE tenant = $1) AS history,
       (SELECT sum(billed) FROM attribution_line WHERE tenant = $1) AS billed,
       (SELECT sum(billed) FROM tenant_week WHERE tenant = $1) AS weeks,
       (SELECT sum(billed) FROM tenant_month WHERE tenant = $1) AS months,
       (SELECT next_offset FROM sink_offset WHERE topic = $2 AND partition = $3) AS next_offset`,
    [tenant, attributions.name, partition],
  );
  const billed = `${documents.reduce((sum, one) => sum + one.billed, 0n) / 10n ** 11n}`.replace(
    /(.)$/,
    `.$1${'0'.repeat(11)}`,
  );
  assert.deepEqual(found, [
    {
      documents: documents.length,
      lines: documents.reduce((count, one) => count + one.lines.length, 0),
      history: documents.length,
      billed,
      weeks: billed,
      months: billed,
      next_offset: String(sink.records(attributions.name, partition).length),
    },
  ]);
}
