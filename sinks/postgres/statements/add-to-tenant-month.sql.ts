/** Columns of tenant_month, an array each: differences to be added. */
export const addToTenantMonth = {
  name: 'add_to_tenant_month',
  text: `
    INSERT INTO tenant_month AS held (tenant, month, currency, product, source, service, billed, effective, lines)
    SELECT * FROM unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::text[], $6::text[], $7::numeric[],
      $8::numeric[], $9::bigint[])
    ON CONFLICT (tenant, month, currency, product, source, service) DO UPDATE SET
      billed = held.billed + excluded.billed, effective = held.effective + excluded.effective,
      lines = held.lines + excluded.lines`,
};
