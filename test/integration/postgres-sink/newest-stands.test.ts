import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributions, costReports, statements, usageTotals } from '../../../schemas/topics.ts';
import { amount, charge, day, document, line, report, sourceStatement, statement, total } from './records.ts';
import { freshSink } from './sink-world.ts';

const sink = await freshSink();

test('an older document never replaces a newer one, in whatever flush it comes', async () => {
  const tenant = 'older';
  const newer = document({ tenant, revision: 5, lines: [line({ billed: amount('5') })] });
  const older = document({
    tenant,
    revision: 4,
    lines: [line({ billed: amount('4') }), line({ billed: amount('3') })],
  });
  await sink.write(attributions, [newer]);
  await sink.write(attributions, [older]);
  await sink.write(attributions, [older, newer, older]);
  assert.deepEqual(await amounts(tenant), ['5.000000000000']);
  const promoted = document({ tenant, calcVersion: 2, revision: 1, lines: [line({ billed: amount('2') })] });
  await sink.write(attributions, [promoted]);
  await sink.write(attributions, [newer]);
  assert.deepEqual(await amounts(tenant), ['2.000000000000']);
});

test('an equal document changes nothing', async () => {
  const tenant = 'equal';
  const same = document({ tenant, lines: [line(), line({ service: 'Amazon RDS' })] });
  await sink.write(attributions, [same]);
  const once = await everythingOf(tenant);
  await sink.write(attributions, [same, same]);
  await sink.write(attributions, [same]);
  assert.deepEqual(await everythingOf(tenant), once);
});

test('a document is replaced whole: lines that vanish upstream vanish here', async () => {
  const tenant = 'whole';
  const three = [line({ service: 'a' }), line({ service: 'b' }), line({ service: 'c' })];
  await sink.write(attributions, [document({ tenant, revision: 1, lines: three })]);
  await sink.write(attributions, [document({ tenant, revision: 2, lines: three.slice(2) })]);
  assert.deepEqual(await sink.rows('SELECT line, service FROM attribution_line WHERE tenant = $1', [tenant]), [
    { line: 0, service: 'c' },
  ]);
  const rollUp = 'SELECT service, billed, lines FROM tenant_month WHERE tenant = $1';
  assert.deepEqual(await sink.rows(rollUp, [tenant]), [{ service: 'c', billed: '1.500000000000', lines: '1' }]);
});

test('an empty document leaves no lines and no roll-ups, and still holds back what is older', async () => {
  const tenant = 'emptied';
  await sink.write(attributions, [document({ tenant, revision: 1 })]);
  await sink.write(attributions, [document({ tenant, revision: 3, lines: [] })]);
  await sink.write(attributions, [document({ tenant, revision: 2 })]);
  const counts = await sink.rows(
    `SELECT (SELECT count(*)::int FROM attribution WHERE tenant = $1) AS documents,
       (SELECT count(*)::int FROM attribution_line WHERE tenant = $1) AS lines,
       (SELECT count(*)::int FROM tenant_week WHERE tenant = $1) AS weeks,
       (SELECT count(*)::int FROM tenant_month WHERE tenant = $1) AS months`,
    [tenant],
  );
  assert.deepEqual(counts, [{ documents: 1, lines: 0, weeks: 0, months: 0 }]);
});

test('a key that comes several times in one flush is written once, as its newest', async () => {
  const tenant = 'repeated';
  const revisions = [3, 1, 4, 2].map((revision) =>
    document({ tenant, revision, lines: [line({ billed: amount(String(revision)) })] }),
  );
  await sink.write(attributions, revisions);
  assert.deepEqual(await amounts(tenant), ['4.000000000000']);
});

test('a report is replaced whole by one observed later', async () => {
  const account = 'replaced';
  const first = report({ account, observedAt: 1_000, lines: [charge({ billed: amount('1') }), charge()] });
  const later = report({ account, observedAt: 2_000, lines: [charge({ billed: amount('2') })] });
  await sink.write(costReports, [first]);
  await sink.write(costReports, [later]);
  await sink.write(costReports, [first]);
  const billed = 'SELECT billed FROM cost_charge WHERE account = $1 ORDER BY line';
  assert.deepEqual(await sink.rows(billed, [account]), [{ billed: '2.000000000000' }]);
});

test('of two reports observed at the same instant the same one stands, in whatever order and flushes they come', async () => {
  const lines = [charge({ billed: amount('7') })];
  const account = 'tie';
  const a = report({ account, lines });
  const b = report({ account, lines: [charge({ billed: amount('8') })] });
  const orders = [[[a, b]], [[b, a]], [[a], [b]], [[b], [a]]];
  const standing: unknown[] = [];
  for (const flushes of orders) {
    await sink.rows('DELETE FROM cost_report WHERE account = $1', [account]);
    for (const flush of flushes) await sink.write(costReports, flush);
    standing.push(await sink.rows('SELECT digest, billed FROM cost_report WHERE account = $1', [account]));
  }
  for (const one of standing) assert.deepEqual(one, standing[0]);
});

test('a report keeps its lines as they came: resource, tags, and lines with equal descriptors apart', async () => {
  const account = 'kept';
  const tags = { team: 'speech', 'quote"\\': 'tab\tnew\nline', '': 'ü€😀' };
  await sink.write(costReports, [report({ account, lines: [charge({ tags }), charge({ tags })] })]);
  const rows = await sink.rows('SELECT line, resource, tags FROM cost_charge WHERE account = $1 ORDER BY line', [
    account,
  ]);
  const resource = 'arn:aws:s3:::bucket';
  assert.deepEqual(rows, [
    { line: 0, resource, tags },
    { line: 1, resource, tags },
  ]);
  const [head] = await sink.rows('SELECT lines, billed, effective FROM cost_report WHERE account = $1', [account]);
  assert.deepEqual(head, { lines: 2, billed: '20.000000000000', effective: '18.000000000000' });
});

test('a usage total that includes less never replaces one that includes more', async () => {
  const tenant = 'through';
  await sink.write(usageTotals, [total({ tenant, through: 20, quantity: 2n })]);
  await sink.write(usageTotals, [total({ tenant, through: 19, quantity: 1n })]);
  await sink.write(usageTotals, [
    total({ tenant, through: 18, quantity: 0n }),
    total({ tenant, through: 15, quantity: 9n }),
    total({ tenant, through: 5, quantity: 4n, partition: 1 }),
  ]);
  const rows = await sink.rows(
    'SELECT partition, quantity, through FROM usage_total WHERE tenant = $1 ORDER BY partition',
    [tenant],
  );
  assert.deepEqual(rows, [
    { partition: 0, quantity: '2', through: '20' },
    { partition: 1, quantity: '4', through: '5' },
  ]);
});

test('a refused line of a closed day has a row of its own', async () => {
  const tenant = 'late';
  const late = { meter: 'late', refusedMeter: 'call_duration', quantity: 0n, late: 1, callCount: null };
  await sink.write(usageTotals, [
    total({ tenant, ...late, identity: 'pbx/1' }),
    total({ tenant, ...late, identity: 'pbx/2' }),
  ]);
  const rows = await sink.rows(
    'SELECT identity, refused_meter, late, call_count FROM usage_total WHERE tenant = $1 ORDER BY identity',
    [tenant],
  );
  assert.deepEqual(rows, [
    { identity: 'pbx/1', refused_meter: 'call_duration', late: '1', call_count: null },
    { identity: 'pbx/2', refused_meter: 'call_duration', late: '1', call_count: null },
  ]);
});

test('a statement is replaced whole by a newer one, and by no older one', async () => {
  const at = day('2026-10-05');
  const two = [sourceStatement(), sourceStatement({ source: 'datadog', rate: '1.0832', rateDay: day('2026-10-01') })];
  await sink.write(statements, [statement({ day: at, revision: 2, sources: two })]);
  const parts = `SELECT source, allocated_billed, unallocated_billed, rate::text, rate_day::text
    FROM statement_source WHERE day = $1 ORDER BY source`;
  const aws = { source: 'aws', allocated_billed: '7.000000000000', unallocated_billed: '2.000000000000' };
  assert.deepEqual(await sink.rows(parts, ['2026-10-05']), [
    { ...aws, rate: null, rate_day: null },
    { ...aws, source: 'datadog', rate: '1.0832', rate_day: '2026-10-01' },
  ]);
  const reasons = 'SELECT source, outcome, reason, billed FROM statement_reason WHERE day = $1 ORDER BY source, place';
  assert.deepEqual((await sink.rows(reasons, ['2026-10-05'])).slice(0, 2), [
    { source: 'aws', outcome: 'unallocated', reason: 'no_rule', billed: '2.000000000000' },
    { source: 'aws', outcome: 'held', reason: 'tax', billed: '1.000000000000' },
  ]);
  await sink.write(statements, [statement({ day: at, revision: 3, usage: [] })]);
  await sink.write(statements, [statement({ day: at, revision: 2, sources: two })]);
  assert.deepEqual(await sink.rows(parts, ['2026-10-05']), [{ ...aws, rate: null, rate_day: null }]);
  assert.deepEqual(await sink.rows('SELECT * FROM statement_usage WHERE day = $1', ['2026-10-05']), []);
  const [head] = await sink.rows('SELECT revision, missing_sources, negative_bases FROM statement WHERE day = $1', [
    '2026-10-05',
  ]);
  assert.deepEqual(head, {
    revision: '3',
    missing_sources: [{ source: 'datadog', account: 'org' }],
    negative_bases: [{ tier: 'infrastructure', tenant: 'acme', product: 'asr', billed: '-1.5' }],
  });
});

async function amounts(tenant: string): Promise<unknown[]> {
  const rows = await sink.rows('SELECT billed FROM attribution_line WHERE tenant = $1 ORDER BY line', [tenant]);
  return rows.map(({ billed }) => billed);
}

async function everythingOf(tenant: string): Promise<unknown> {
  const tables = ['attribution', 'attribution_line', 'attribution_history', 'tenant_week', 'tenant_month'];
  return Promise.all(
    tables.map((table) => sink.rows(`SELECT * FROM ${table} WHERE tenant = $1 ORDER BY 1, 2, 3, 4`, [tenant])),
  );
}
