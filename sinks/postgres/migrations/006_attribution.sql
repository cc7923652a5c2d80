-- The newest attribution document of each tenant, day and currency.
CREATE TABLE attribution (
  tenant text COLLATE "C" NOT NULL,
  day date NOT NULL,
  currency text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  billed numeric(38, 12) NOT NULL,
  effective numeric(38, 12) NOT NULL,
  calc_version integer NOT NULL,
  revision bigint NOT NULL,
  digest text COLLATE "C" NOT NULL,
  -- 0 for a tenant that has no cost any more.
  lines integer NOT NULL,
  -- When the document was published.
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, day, currency)
) PARTITION BY RANGE (day);

CREATE INDEX attribution_day ON attribution (day);

-- The lines of those documents: replaced whole with their document.
CREATE TABLE attribution_line (
  tenant text COLLATE "C" NOT NULL,
  day date NOT NULL,
  currency text COLLATE "C" NOT NULL,
  -- Place in the document, from 0.
  line integer NOT NULL,
  source text COLLATE "C" NOT NULL,
  account text COLLATE "C" NOT NULL,
  service text COLLATE "C" NOT NULL,
  cluster text COLLATE "C" NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  region text COLLATE "C" NOT NULL,
  sub_account text COLLATE "C" NOT NULL,
  category text COLLATE "C" NOT NULL,
  product text COLLATE "C" NOT NULL,
  tier text COLLATE "C" NOT NULL,
  rule_id text COLLATE "C" NOT NULL,
  method text COLLATE "C" NOT NULL,
  driver text COLLATE "C" NOT NULL,
  -- Null where there is none.
  weight numeric,
  total_weight numeric,
  billed numeric(38, 12) NOT NULL,
  effective numeric(38, 12) NOT NULL,
  reason text COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, day, currency, line)
) PARTITION BY RANGE (day);

-- Lines arrive day by day, so a few bytes for each range of pages are enough to find a day's list.
CREATE INDEX attribution_line_day ON attribution_line USING brin (day) WITH (pages_per_range = 16);

-- Every revision, for questions as of an earlier time: of what was recorded before an instant, the greatest
-- (calc_version, revision) is what stood then.
CREATE TABLE attribution_history (
  tenant text COLLATE "C" NOT NULL,
  day date NOT NULL,
  currency text COLLATE "C" NOT NULL,
  -- The revision's own instant; for what was recorded while its day still ran, the hour, of which the last one stays.
  slot timestamptz NOT NULL,
  calc_version integer NOT NULL,
  revision bigint NOT NULL,
  recorded_at timestamptz NOT NULL,
  status text COLLATE "C" NOT NULL,
  billed numeric(38, 12) NOT NULL,
  effective numeric(38, 12) NOT NULL,
  digest text COLLATE "C" NOT NULL,
  lines integer NOT NULL,
  -- The document as it is exported: canonical JSON, gzip.
  document bytea NOT NULL,
  PRIMARY KEY (tenant, day, currency, slot)
) PARTITION BY RANGE (day);

-- It is compressed already.
ALTER TABLE attribution_history ALTER COLUMN document SET STORAGE EXTERNAL;
