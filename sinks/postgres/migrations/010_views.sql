-- Views run with the rights of whoever asks, so that row-level security holds through them.
CREATE VIEW tenant_day_cost WITH (security_invoker = true) AS
SELECT tenant, day AS period, currency, product, source, service, sum(billed) AS billed, sum(effective) AS effective
FROM attribution_line
GROUP BY tenant, day, currency, product, source, service;

CREATE VIEW tenant_week_cost WITH (security_invoker = true) AS
SELECT tenant, week AS period, currency, product, source, service, billed, effective
FROM tenant_week;

CREATE VIEW tenant_month_cost WITH (security_invoker = true) AS
SELECT tenant, month AS period, currency, product, source, service, billed, effective
FROM tenant_month;

CREATE VIEW unallocated_cost WITH (security_invoker = true) AS
SELECT day, currency, source, service, reason, sum(billed) AS billed, sum(effective) AS effective
FROM attribution_line
WHERE tenant = '__unallocated__'
GROUP BY day, currency, source, service, reason;
