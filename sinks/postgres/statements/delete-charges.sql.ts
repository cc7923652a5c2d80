/** Keys of reports: sources, accounts, days. The first and the last day spare the partitions of other months. */
export const deleteCharges = {
  name: 'delete_charges',
  text: `
    DELETE FROM cost_charge AS charge
    USING unnest($1::text[], $2::text[], $3::date[]) AS report (source, account, day)
    WHERE charge.source = report.source AND charge.account = report.account AND charge.day = report.day
      AND charge.day BETWEEN (SELECT min(day) FROM unnest($3::date[]) AS days (day))
        AND (SELECT max(day) FROM unnest($3::date[]) AS days (day))`,
};
