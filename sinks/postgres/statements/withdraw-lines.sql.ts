/**
 * Keys of documents: tenants, days, currencies. Deletes the documents' lines and gives what they added up to, in the
 * grain of the roll-ups. The first and the last day keep it from looking into the partitions of other months.
 */
export const withdrawLines = {
  name: 'withdraw_lines',
  text: `
    WITH gone AS (
      DELETE FROM attribution_line AS line
      USING unnest($1::text[], $2::date[], $3::text[]) AS document (tenant, day, currency)
      WHERE line.tenant = document.tenant AND line.day = document.day AND line.currency = document.currency
        AND line.day BETWEEN (SELECT min(day) FROM unnest($2::date[]) AS days (day))
          AND (SELECT max(day) FROM unnest($2::date[]) AS days (day))
      RETURNING line.tenant, line.day, line.currency, line.product, line.source, line.service,
        line.billed, line.effective
    )
    SELECT tenant, day - DATE '1970-01-01' AS day, currency, product, source, service,
      sum(billed) AS billed, sum(effective) AS effective, count(*)::int AS lines
    FROM gone
    GROUP BY tenant, day, currency, product, source, service`,
};
