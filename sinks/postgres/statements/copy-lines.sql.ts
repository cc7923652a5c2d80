export const copyLines = `
  COPY attribution_line (tenant, day, currency, line, source, account, service, cluster, namespace, region, sub_account,
    category, product, tier, rule_id, method, driver, weight, total_weight, billed, effective, reason)
  FROM STDIN`;
