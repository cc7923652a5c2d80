/** Columns of statement_source, an array each, the rate as text. */
export const insertStatementSources = {
  name: 'insert_statement_sources',
  text: `
    INSERT INTO statement_source
      (day, currency, source, account, observed_at, status, charges, in_billed, in_effective, allocated_billed,
       allocated_effective, covered_billed, covered_effective, held_billed, held_effective, unallocated_billed,
       unallocated_effective, difference_billed, difference_effective, rate, rate_day)
    SELECT day, currency, source, account, observed_at, status, charges, in_billed, in_effective, allocated_billed,
      allocated_effective, covered_billed, covered_effective, held_billed, held_effective, unallocated_billed,
      unallocated_effective, difference_billed, difference_effective, rate::numeric, rate_day
    FROM unnest($1::date[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::int[],
      $8::numeric[], $9::numeric[], $10::numeric[], $11::numeric[], $12::numeric[], $13::numeric[], $14::numeric[],
      $15::numeric[], $16::numeric[], $17::numeric[], $18::numeric[], $19::numeric[], $20::text[], $21::date[])
      AS s (day, currency, source, account, observed_at, status, charges, in_billed, in_effective, allocated_billed,
        allocated_effective, covered_billed, covered_effective, held_billed, held_effective, unallocated_billed,
        unallocated_effective, difference_billed, difference_effective, rate, rate_day)`,
};
