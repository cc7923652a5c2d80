-- The owner of the tables writes. Everybody else only reads, and a reader reads the rows of one tenant: those of the
-- setting apportion.tenant, none where it is not set. Partitions carry no grants, so the tables are the only way in.
DO $$
DECLARE
  tenant_table text;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY[
    'attribution', 'attribution_line', 'attribution_history', 'usage_total', 'tenant_week', 'tenant_month', 'tenant'
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format(
      'CREATE POLICY own_tenant ON %I FOR SELECT TO apportion_reader '
      'USING (tenant = current_setting(''apportion.tenant'', true))', tenant_table);
    EXECUTE format('CREATE POLICY every_tenant ON %I FOR SELECT TO apportion_finance USING (true)', tenant_table);
    EXECUTE format('GRANT SELECT ON %I TO apportion_reader, apportion_finance', tenant_table);
  END LOOP;
END
$$;

GRANT SELECT ON product, tenant_day_cost, tenant_week_cost, tenant_month_cost, unallocated_cost
  TO apportion_reader, apportion_finance;

GRANT SELECT ON
  cost_report, cost_charge, statement, statement_source, statement_reason, statement_usage, catalog, sink_offset
  TO apportion_finance;

GRANT USAGE ON SCHEMA public TO apportion_reader, apportion_finance;
