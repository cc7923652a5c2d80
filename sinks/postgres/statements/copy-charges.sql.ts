export const copyCharges = `
  COPY cost_charge (source, account, day, line, currency, service, cluster, namespace, region, resource, sub_account,
    category, billed, effective, tags)
  FROM STDIN`;
