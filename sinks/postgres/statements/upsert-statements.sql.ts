/** Columns of statement, an array each. Gives the keys of the statements that now stand. */
export const upsertStatements = {
  name: 'upsert_statements',
  text: `
    INSERT INTO statement AS held
      (day, currency, calc_version, revision, digest, missing_sources, negative_bases, recorded_at)
    SELECT * FROM unnest($1::date[], $2::text[], $3::int[], $4::bigint[], $5::text[], $6::jsonb[], $7::jsonb[],
      $8::timestamptz[])
    ON CONFLICT (day, currency) DO UPDATE SET
      calc_version = excluded.calc_version, revision = excluded.revision, digest = excluded.digest,
      missing_sources = excluded.missing_sources, negative_bases = excluded.negative_bases,
      recorded_at = excluded.recorded_at
    WHERE (excluded.calc_version, excluded.revision) >= (held.calc_version, held.revision)
    RETURNING day - DATE '1970-01-01' AS day, currency`,
};
