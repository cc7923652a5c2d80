/** Keys of statements: days, currencies. */
export const deleteStatementSources = {
  name: 'delete_statement_sources',
  text: `
    DELETE FROM statement_source AS part
    USING unnest($1::date[], $2::text[]) AS statement (day, currency)
    WHERE part.day = statement.day AND part.currency = statement.currency`,
};
