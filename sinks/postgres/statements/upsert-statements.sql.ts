/** Columns of statement, an array each, JSON as text. Gives the keys of the statements that now stand. */
export const upsertStatements = {
  name: 'upsert_statements',
  text: `
    INSERT INTO statement AS held
      (day, currency, calc_version, revision, digest, missing_sources, negative_bases, recorded_at)
    SELECT day, currency, calc_version, revision, digest, missing_sources::jsonb, negative_bases::jsonb, recorded_at
    FROM unnest($1::date[], $2::text[], $3::int[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::timestamptz[])
      AS s (day, currency, calc_version, revision, digest, missing_sources, negative_bases, recorded_at)
    ON CONFLICT (day, currency) DO UPDATE SET
      calc_version = excluded.calc_version, revision = excluded.revision, digest = excluded.digest,
      missing_sources = excluded.missing_sources, negative_bases = excluded.negative_bases,
      recorded_at = excluded.recorded_at
    WHERE (excluded.calc_version, excluded.revision) >= (held.calc_version, held.revision)
    RETURNING day - DATE '1970-01-01' AS day, currency`,
};
