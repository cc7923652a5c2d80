/** Columns of attribution, an array each. Gives the keys of the documents that now stand. */
export const upsertDocuments = {
  name: 'upsert_documents',
  text: `
    INSERT INTO attribution AS held
      (tenant, day, currency, status, billed, effective, calc_version, revision, digest, lines, recorded_at)
    SELECT * FROM unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::numeric[], $6::numeric[], $7::int[],
      $8::bigint[], $9::text[], $10::int[], $11::timestamptz[])
    ON CONFLICT (tenant, day, currency) DO UPDATE SET
      status = excluded.status, billed = excluded.billed, effective = excluded.effective,
      calc_version = excluded.calc_version, revision = excluded.revision, digest = excluded.digest,
      lines = excluded.lines, recorded_at = excluded.recorded_at
    WHERE (excluded.calc_version, excluded.revision) >= (held.calc_version, held.revision)
    RETURNING tenant, day - DATE '1970-01-01' AS day, currency`,
};
