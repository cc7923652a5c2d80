/** Columns of statement_reason, an array each. */
export const insertStatementReasons = {
  name: 'insert_statement_reasons',
  text: `
    INSERT INTO statement_reason (day, currency, source, account, place, outcome, reason, billed, effective)
    SELECT * FROM unnest($1::date[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[], $7::text[],
      $8::numeric[], $9::numeric[])`,
};
