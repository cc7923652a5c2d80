/** Keys of tenant_week, an array each. Deletes those whose last line is gone. */
export const pruneTenantWeek = {
  name: 'prune_tenant_week',
  text: `
    DELETE FROM tenant_week AS held
    USING unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::text[], $6::text[])
      AS touched (tenant, week, currency, product, source, service)
    WHERE held.tenant = touched.tenant AND held.week = touched.week AND held.currency = touched.currency
      AND held.product = touched.product AND held.source = touched.source AND held.service = touched.service
      AND held.lines = 0`,
};
