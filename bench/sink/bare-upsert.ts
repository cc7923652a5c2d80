import type { Pool } from 'pg';
import { formatAmount } from '../../attribution/amount.ts';
import type { AttributionDocument } from '../../schemas/attribution-document.ts';
import { formatDay } from '../../schemas/day.ts';

/** The table of lines, without everything around it. */
export const createBareTable = 'CREATE TABLE bare_line (LIKE attribution_line INCLUDING ALL)';

/** Rows for each statement: fewer and more are slower. */
const ROWS = 1000;

/** What anybody would write first: the lines of documents by UNNEST upserts, in one transaction. */
export async function bareUpsert(pool: Pool, documents: readonly AttributionDocument[]): Promise<void> {
  const rows = documents.flatMap((document) => document.lines.map((line, place) => ({ document, line, place })));
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    for (let start = 0; start < rows.length; start += ROWS) {
      const part = rows.slice(start, start + ROWS);
      const text = (of: (row: (typeof part)[number]) => unknown) => part.map(of);
      await client.query({
        name: 'bare_upsert',
        text: upsert,
        values: [
          text(({ document }) => document.tenant),
          text(({ document }) => formatDay(document.day)),
          text(({ document }) => document.currency),
          text(({ place }) => place),
          text(({ line }) => line.source),
          text(({ line }) => line.account),
          text(({ line }) => line.service),
          text(({ line }) => line.cluster),
          text(({ line }) => line.namespace),
          text(({ line }) => line.region),
          text(({ line }) => line.subAccount),
          text(({ line }) => line.category),
          text(({ line }) => line.product),
          text(({ line }) => line.tier),
          text(({ line }) => line.ruleId),
          text(({ line }) => line.method),
          text(({ line }) => line.driver),
          text(({ line }) => line.weight || null),
          text(({ line }) => line.totalWeight || null),
          text(({ line }) => formatAmount(line.billed)),
          text(({ line }) => formatAmount(line.effective)),
          text(({ line }) => line.reason),
        ],
      });
    }
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

const upsert = `
  INSERT INTO bare_line
  SELECT * FROM unnest($1::text[], $2::date[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[],
    $17::text[], $18::numeric[], $19::numeric[], $20::numeric[], $21::numeric[], $22::text[])
  ON CONFLICT (tenant, day, currency, line) DO UPDATE SET
    source = excluded.source, account = excluded.account, service = excluded.service, cluster = excluded.cluster,
    namespace = excluded.namespace, region = excluded.region, sub_account = excluded.sub_account,
    category = excluded.category, product = excluded.product, tier = excluded.tier, rule_id = excluded.rule_id,
    method = excluded.method, driver = excluded.driver, weight = excluded.weight,
    total_weight = excluded.total_weight, billed = excluded.billed, effective = excluded.effective,
    reason = excluded.reason`;
