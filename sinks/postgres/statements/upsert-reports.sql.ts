/** Columns of cost_report, an array each. Gives the keys of the reports that replaced another or are new. */
export const upsertReports = {
  name: 'upsert_reports',
  text: `
    INSERT INTO cost_report AS held
      (source, account, day, currency, observed_at, status, digest, lines, billed, effective, recorded_at)
    SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
      $8::int[], $9::numeric[], $10::numeric[], $11::timestamptz[])
    ON CONFLICT (source, account, day) DO UPDATE SET
      currency = excluded.currency, observed_at = excluded.observed_at, status = excluded.status,
      digest = excluded.digest, lines = excluded.lines, billed = excluded.billed, effective = excluded.effective,
      recorded_at = excluded.recorded_at
    WHERE (excluded.observed_at, excluded.digest) > (held.observed_at, held.digest)
    RETURNING source, account, day - DATE '1970-01-01' AS day`,
};
