/** Keys of statements: days, currencies. */
export const deleteStatementReasons = {
  name: 'delete_statement_reasons',
  text: `
    DELETE FROM statement_reason AS part
    USING unnest($1::date[], $2::text[]) AS statement (day, currency)
    WHERE part.day = statement.day AND part.currency = statement.currency`,
};
