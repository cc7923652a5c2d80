import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { attributions } from '../../../schemas/topics.ts';
import { amount, day, document, line } from './records.ts';
import { freshSink } from './sink-world.ts';

const sink = await freshSink();

test('says what was reported at an earlier time, and what changed since', async () => {
  const tenant = 'as-of';
  const may = [day('2026-05-10'), day('2026-05-20')] as const;
  await record(tenant, may[0], 1, '10', '2026-05-11T01:00:00Z');
  await record(tenant, may[1], 1, '20', '2026-05-21T01:00:00Z');
  await record(tenant, may[1], 2, '25', '2026-06-10T01:00:00Z');
  assert.equal(await asOf(tenant, '2026-05-15T00:00:00Z'), '10.000000000000');
  assert.equal(await asOf(tenant, '2026-06-03T00:00:00Z'), '30.000000000000');
  assert.equal(await asOf(tenant, '2026-06-11T00:00:00Z'), '35.000000000000');
});

test('keeps every revision of a day that is over, those of one flush too', async () => {
  const tenant = 'every';
  const at = day('2026-05-10');
  for (const revision of [1, 2, 3]) {
    sink.append(attributions, [document({ tenant, day: at, revision })], {
      timestampMs: at * 86_400_000 + 10 ** 8 + revision,
    });
  }
  await sink.flush(attributions);
  assert.deepEqual(await revisions(tenant), [1, 2, 3]);
});

test('keeps the last revision of each hour of the running day, in whatever flushes they come', async () => {
  const at = day('2026-05-10');
  const times = [
    [1, '09:00'],
    [2, '09:30'],
    [3, '09:59'],
    [4, '10:00'],
    [5, '23:58'],
    [6, '23:59'],
  ] as const;
  for (const perFlush of [1, 2, 6]) {
    const tenant = `hourly-${perFlush}`;
    for (let from = 0; from < times.length; from += perFlush) {
      for (const [revision, time] of times.slice(from, from + perFlush)) {
        sink.append(attributions, [document({ tenant, day: at, revision })], {
          timestampMs: Date.parse(`2026-05-10T${time}:00Z`),
        });
      }
      await sink.flush(attributions);
    }
    await record(tenant, at, 7, '1', '2026-05-11T00:00:00Z');
    await record(tenant, at, 8, '1', '2026-05-11T00:00:01Z');
    assert.deepEqual(await revisions(tenant), [3, 4, 6, 7, 8]);
  }
});

test('a document that comes late and old does not change what stood', async () => {
  const tenant = 'stale';
  const at = day('2026-05-10');
  await record(tenant, at, 5, '5', '2026-05-12T00:00:00Z');
  await record(tenant, at, 4, '4', '2026-05-13T00:00:00Z');
  assert.equal(await asOf(tenant, '2026-05-14T00:00:00Z'), '5.000000000000');
});

test('keeps the whole document, in the form in which it is exported', async () => {
  const tenant = 'whole';
  const lines = [line({ billed: amount('-0.000000000001'), weight: '', totalWeight: '', reason: '' }), line()];
  await record(tenant, day('2026-05-10'), 1, null, '2026-05-12T00:00:00Z', lines);
  const { rows } = await sink.pool.query<{ document: Buffer }>(
    'SELECT document FROM attribution_history WHERE tenant = $1',
    [tenant],
  );
  const text = gunzipSync(rows[0]?.document ?? Buffer.alloc(0)).toString();
  const parsed = JSON.parse(text) as { lines: Record<string, string>[] };
  assert.ok(
    text.startsWith('{"day":"2026-05-10","tenant":"whole","currency":"USD","status":"final","billed":"1.499999999999"'),
  );
  assert.deepEqual(parsed.lines[0]?.['billed'], '-0.000000000001');
  assert.deepEqual(Object.keys(parsed.lines[0] ?? {}), [
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
    'billed',
    'effective',
    'reason',
  ]);
});

async function record(
  tenant: string,
  at: ReturnType<typeof day>,
  revision: number,
  billed: string | null,
  recordedAt: string,
  lines = billed === null ? [line()] : [line({ billed: amount(billed) })],
): Promise<void> {
  await sink.write(attributions, [document({ tenant, day: at, revision, lines })], {
    timestampMs: Date.parse(recordedAt),
  });
}

/** The query of docs/postgres.md. */
async function asOf(tenant: string, at: string): Promise<unknown> {
  const [row] = await sink.rows(
    `SELECT sum(billed) AS billed FROM (
       SELECT DISTINCT ON (tenant, day, currency) billed
       FROM attribution_history
       WHERE tenant = $1 AND day BETWEEN '2026-05-01' AND '2026-05-31' AND recorded_at <= $2
       ORDER BY tenant, day, currency, calc_version DESC, revision DESC
     ) AS stood`,
    [tenant, at],
  );
  return row?.['billed'];
}

async function revisions(tenant: string): Promise<number[]> {
  const rows = await sink.rows('SELECT revision::int FROM attribution_history WHERE tenant = $1 ORDER BY 1', [tenant]);
  return rows.map(({ revision }) => Number(revision));
}
