import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createPool } from '../../../runtime/postgres/pool.ts';
import { attributions } from '../../../schemas/topics.ts';
import { day, document, line } from './records.ts';
import { freshSink, silent } from './sink-world.ts';

const sink = await freshSink();

/** Postgres thinks of keeping a plan from the sixth execution on. */
const FLUSHES = 8;

test('no plan made for a few rows is kept for many: every execution is planned for its own arrays', async () => {
  const { databaseUrl } = sink;
  const pool = createPool({ databaseUrl, applicationName: 'test', logger: silent, maxConnections: 1 });
  after(() => pool.end());
  const owner = await sink.own(attributions, 0, pool);
  for (let revision = 1; revision <= FLUSHES; revision++) {
    sink.append(attributions, [document({ tenant: 'a', day: day('2026-06-01'), revision, lines: [line({})] })]);
    await owner.commit();
  }
  const { rows } = await pool.query<{ name: string; kept: number; own: number }>(
    'SELECT name, generic_plans::int AS kept, custom_plans::int AS own FROM pg_prepared_statements ORDER BY name',
  );
  const withdraw = rows.find(({ name }) => name === 'withdraw_lines');
  assert.equal(withdraw?.own, FLUSHES);
  assert.deepEqual(
    rows.filter(({ kept }) => kept > 0),
    [],
  );
});
