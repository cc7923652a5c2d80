/** Columns of usage_total, an array each. */
export const upsertTotals = {
  name: 'upsert_totals',
  text: `
    INSERT INTO usage_total AS held
      (tenant, day, meter, product, cluster, namespace, topic, partition, identity, refused_meter, quantity, call_count,
       duplicates, conflicting, late, through)
    SELECT * FROM unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[],
      $9::text[], $10::text[], $11::numeric[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],
      $16::bigint[])
    ON CONFLICT (tenant, day, meter, product, cluster, namespace, topic, partition, identity) DO UPDATE SET
      refused_meter = excluded.refused_meter, quantity = excluded.quantity, call_count = excluded.call_count,
      duplicates = excluded.duplicates, conflicting = excluded.conflicting, late = excluded.late,
      through = excluded.through
    WHERE excluded.through >= held.through`,
};
