/** Keys of statements: days, currencies. */
export const deleteStatementUsage = {
  name: 'delete_statement_usage',
  text: `
    DELETE FROM statement_usage AS part
    USING unnest($1::date[], $2::text[]) AS statement (day, currency)
    WHERE part.day = statement.day AND part.currency = statement.currency`,
};
