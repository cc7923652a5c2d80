/**
 * Keys of documents (tenants, days, currencies), then their first and last day, which spares the partitions of other
 * months. Deletes the documents' lines and gives what they added up to, in the grain of the roll-ups.
 */
export const withdrawLines = {
  name: 'withdraw_lines',
  text: `
    WITH gone AS (
      DELETE FROM attribution_line AS line
      USING unnest($1::text[], $2::date[], $3::text[]) AS document (tenant, day, currency)
      WHERE line.tenant = document.tenant AND line.day = document.day AND line.currency = document.currency
        AND line.day BETWEEN $4::date AND $5::date
      RETURNING line.tenant, line.day, line.currency, line.product, line.source, line.service,
        line.billed, line.effective
    )
    SELECT tenant, day - DATE '1970-01-01' AS day, currency, product, source, service,
      sum(billed) AS billed, sum(effective) AS effective, count(*)::int AS lines
    FROM gone
    GROUP BY tenant, day, currency, product, source, service`,
};
