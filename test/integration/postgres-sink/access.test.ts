import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PoolClient } from 'pg';
import { UNALLOCATED } from '../../../schemas/attribution-document.ts';
import { attributions, costReports, statements, usageTotals } from '../../../schemas/topics.ts';
import { document, line, report, statement, total } from './records.ts';
import { freshSink } from './sink-world.ts';

const sink = await freshSink();
const unallocated = line({ product: '', method: 'none', ruleId: '', reason: 'no_rule' });
await sink.write(attributions, [
  document({ tenant: 'acme' }),
  document({ tenant: 'globex' }),
  document({ tenant: UNALLOCATED, lines: [unallocated] }),
]);
await sink.write(usageTotals, [total({ tenant: 'acme' }), total({ tenant: 'globex' })]);
await sink.write(costReports, [report()]);
await sink.write(statements, [statement()]);

const tenantRelations = [
  'attribution',
  'attribution_line',
  'attribution_history',
  'usage_total',
  'tenant_week',
  'tenant_month',
  'tenant_day_cost',
  'tenant_week_cost',
  'tenant_month_cost',
];
const platformRelations = [
  'cost_report',
  'cost_charge',
  'statement',
  'statement_source',
  'statement_reason',
  'statement_usage',
  'sink_offset',
  'catalog',
  'source_status',
];

for (const relation of tenantRelations) {
  test(`a reader sees its own tenant in ${relation}, and never another`, async () => {
    assert.deepEqual(await tenantsSeen(relation, 'acme'), ['acme']);
    assert.deepEqual(await tenantsSeen(relation, 'globex'), ['globex']);
    assert.deepEqual(await tenantsSeen(relation, 'nobody'), []);
    assert.deepEqual(await tenantsSeen(relation, ''), []);
    assert.deepEqual(await tenantsSeen(relation, null), [], 'without the setting there is nothing to see');
  });
}

test('a reader does not see what is unallocated; finance does, with its reason', async () => {
  const query = 'SELECT reason, billed FROM unallocated_cost';
  assert.deepEqual(await as('apportion_reader', 'acme', query), []);
  assert.deepEqual(await as('apportion_finance', null, query), [{ reason: 'no_rule', billed: '1.500000000000' }]);
});

for (const relation of platformRelations) {
  test(`a reader may not read ${relation}, which is about all tenants; finance may`, async () => {
    await assert.rejects(as('apportion_reader', 'acme', `SELECT 1 FROM ${relation}`), { code: '42501' });
    await as('apportion_finance', null, `SELECT 1 FROM ${relation}`);
  });
}

test('finance sees all tenants', async () => {
  for (const relation of tenantRelations.filter((name) => name !== 'usage_total')) {
    const rows = await as('apportion_finance', null, `SELECT DISTINCT tenant FROM ${relation} ORDER BY tenant`);
    assert.deepEqual(rows, [{ tenant: UNALLOCATED }, { tenant: 'acme' }, { tenant: 'globex' }], relation);
  }
});

test('nobody but the owner writes, and nobody but the owner reaches into a partition', async () => {
  const { rows: tables } = await sink.pool.query<{ name: string; leaf: boolean }>(
    `SELECT relname AS name, relispartition AS leaf FROM pg_class
     WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace`,
  );
  assert.ok(tables.some(({ leaf }) => leaf));
  for (const role of ['apportion_reader', 'apportion_finance']) {
    for (const { name, leaf } of tables) {
      await assert.rejects(as(role, 'acme', `DELETE FROM ${name}`), { code: '42501' }, `${role} deletes from ${name}`);
      if (leaf)
        await assert.rejects(as(role, 'acme', `SELECT 1 FROM ${name}`), { code: '42501' }, `${role} reads ${name}`);
    }
  }
});

test('every table with a tenant has row-level security, those of later migrations too', async () => {
  const rows = await sink.rows(
    `SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'tenant'
     WHERE relkind IN ('r', 'p') AND NOT relispartition AND NOT relrowsecurity AND relnamespace = 'public'::regnamespace`,
  );
  assert.deepEqual(rows, []);
});

async function tenantsSeen(relation: string, tenant: string | null): Promise<unknown[]> {
  const rows = await as('apportion_reader', tenant, `SELECT DISTINCT tenant FROM ${relation} ORDER BY tenant`);
  return rows.map((row) => row['tenant']);
}

/** Runs a query as a role, with the tenant set as the API sets it. */
async function as(role: string, tenant: string | null, query: string): Promise<Record<string, unknown>[]> {
  const client: PoolClient = await sink.pool.connect();
  try {
    await client.query(`BEGIN; SET LOCAL ROLE ${role}`);
    if (tenant !== null) await client.query(`SELECT set_config('apportion.tenant', $1, true)`, [tenant]);
    const { rows } = await client.query<Record<string, unknown>>(query);
    return rows;
  } finally {
    await client.query('ROLLBACK');
    client.release(true);
  }
}
