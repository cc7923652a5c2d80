-- Sums of attribution_line, kept in the transaction that replaces the lines. A row goes when its last line goes.
-- Rows are updated often: with room left on their page, that touches no index.
CREATE TABLE tenant_week (
  tenant text COLLATE "C" NOT NULL,
  -- The Monday of the ISO week.
  week date NOT NULL,
  currency text COLLATE "C" NOT NULL,
  product text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  service text COLLATE "C" NOT NULL,
  billed numeric(48, 12) NOT NULL,
  effective numeric(48, 12) NOT NULL,
  lines bigint NOT NULL,
  PRIMARY KEY (tenant, week, currency, product, source, service)
) WITH (fillfactor = 70);

CREATE INDEX tenant_week_week ON tenant_week USING brin (week) WITH (pages_per_range = 16);

CREATE TABLE tenant_month (
  tenant text COLLATE "C" NOT NULL,
  -- The first day of the month.
  month date NOT NULL,
  currency text COLLATE "C" NOT NULL,
  product text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  service text COLLATE "C" NOT NULL,
  billed numeric(48, 12) NOT NULL,
  effective numeric(48, 12) NOT NULL,
  lines bigint NOT NULL,
  PRIMARY KEY (tenant, month, currency, product, source, service)
) WITH (fillfactor = 70);

CREATE INDEX tenant_month_month ON tenant_month USING brin (month) WITH (pages_per_range = 16);
