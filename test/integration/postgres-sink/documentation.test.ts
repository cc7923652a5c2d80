import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { UNALLOCATED } from '../../../schemas/attribution-document.ts';
import { attributions, costReports, sourceStatuses, statements, usageTotals } from '../../../schemas/topics.ts';
import { amount, day, document, line, report, sourceStatus, statement, total } from './records.ts';
import { freshSink } from './sink-world.ts';

const page = await readFile(new URL('../../../docs/postgres.md', import.meta.url), 'utf8');
const queries = [...page.matchAll(/(?:^|\n)([^\n]*)\n\n```sql\n([^`]+)```/g)].map(([, about = '', sql = '']) => ({
  about,
  sql,
}));

const sink = await freshSink();
const recorded = { timestampMs: Date.parse('2026-11-02T12:00:00Z') };
await sink.write(
  attributions,
  [
    document({ day: day('2026-10-05'), lines: [line({ billed: amount('1') })] }),
    document({ lines: [line({ billed: amount('3') })] }),
    document({ tenant: UNALLOCATED, lines: [line({ method: 'none', reason: 'no_rule' })] }),
  ],
  recorded,
);
await sink.write(usageTotals, [total()]);
await sink.write(costReports, [report()]);
await sink.write(statements, [statement()]);
await sink.write(sourceStatuses, [sourceStatus({ state: 'failed_connection' })]);

test('the page has its queries', () => assert.equal(queries.length, 9));

for (const { about, sql } of queries) {
  test(`docs/postgres.md answers: ${about}`, async () => {
    const client = await sink.pool.connect();
    try {
      // A block of several statements gives a result for each.
      const results = [await client.query(sql)].flat();
      assert.ok(
        results.some(({ rows }) => rows.length > 0),
        `no rows for ${sql}`,
      );
    } finally {
      client.release(true);
    }
  });
}

test('the page names every table and view', async () => {
  const rows = await sink.rows(
    `SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v') AND NOT relispartition
       AND relnamespace = 'public'::regnamespace AND relname <> 'schema_migrations'`,
  );
  for (const { relname } of rows) assert.ok(page.includes(`\`${relname}\``), `${relname} is not on the page`);
});
