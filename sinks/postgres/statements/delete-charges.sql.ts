/** Keys of reports (sources, accounts, days), then their first and last day. */
export const deleteCharges = {
  name: 'delete_charges',
  text: `
    DELETE FROM cost_charge AS charge
    USING unnest($1::text[], $2::text[], $3::date[]) AS report (source, account, day)
    WHERE charge.source = report.source AND charge.account = report.account AND charge.day = report.day
      AND charge.day BETWEEN $4::date AND $5::date`,
};
