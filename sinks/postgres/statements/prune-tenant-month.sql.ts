/** Keys of tenant_month, an array each. Deletes those whose last line is gone. */
export const pruneTenantMonth = {
  name: 'prune_tenant_month',
  text: `
    DELETE FROM tenant_month AS held
    USING unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::text[], $6::text[])
      AS touched (tenant, month, currency, product, source, service)
    WHERE held.tenant = touched.tenant AND held.month = touched.month AND held.currency = touched.currency
      AND held.product = touched.product AND held.source = touched.source AND held.service = touched.service
      AND held.lines = 0`,
};
