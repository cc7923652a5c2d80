/** Columns of attribution_history, an array each. Of two revisions of a slot the greater stays. */
export const upsertHistory = {
  name: 'upsert_history',
  text: `
    INSERT INTO attribution_history AS held
      (tenant, day, currency, slot, calc_version, revision, recorded_at, status, billed, effective, digest, lines,
       document)
    SELECT * FROM unnest($1::text[], $2::date[], $3::text[], $4::timestamptz[], $5::int[], $6::bigint[],
      $7::timestamptz[], $8::text[], $9::numeric[], $10::numeric[], $11::text[], $12::int[], $13::bytea[])
    ON CONFLICT (tenant, day, currency, slot) DO UPDATE SET
      calc_version = excluded.calc_version, revision = excluded.revision, recorded_at = excluded.recorded_at,
      status = excluded.status, billed = excluded.billed, effective = excluded.effective, digest = excluded.digest,
      lines = excluded.lines, document = excluded.document
    WHERE (excluded.calc_version, excluded.revision) > (held.calc_version, held.revision)`,
};
