/** Columns of statement_usage, an array each. */
export const insertStatementUsage = {
  name: 'insert_statement_usage',
  text: `
    INSERT INTO statement_usage (day, currency, meter, quantity, late, conflicting, duplicates)
    SELECT * FROM unnest($1::date[], $2::text[], $3::text[], $4::numeric[], $5::bigint[], $6::bigint[], $7::bigint[])`,
};
