-- The proof of each day and currency: what came in, where it went, and that nothing is left over.
CREATE TABLE statement (
  day date NOT NULL,
  currency text COLLATE "C" NOT NULL,
  calc_version integer NOT NULL,
  revision bigint NOT NULL,
  digest text COLLATE "C" NOT NULL,
  -- [{"source", "account"}]
  missing_sources jsonb NOT NULL,
  -- [{"tier", "tenant", "product", "billed"}], amounts as decimal text
  negative_bases jsonb NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (day, currency)
) PARTITION BY RANGE (day);

CREATE TABLE statement_source (
  day date NOT NULL,
  currency text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  account text COLLATE "C" NOT NULL,
  observed_at timestamptz NOT NULL,
  status text COLLATE "C" NOT NULL,
  charges integer NOT NULL,
  in_billed numeric(38, 12) NOT NULL,
  in_effective numeric(38, 12) NOT NULL,
  allocated_billed numeric(38, 12) NOT NULL,
  allocated_effective numeric(38, 12) NOT NULL,
  covered_billed numeric(38, 12) NOT NULL,
  covered_effective numeric(38, 12) NOT NULL,
  held_billed numeric(38, 12) NOT NULL,
  held_effective numeric(38, 12) NOT NULL,
  -- Sums over the reasons in statement_reason.
  unallocated_billed numeric(48, 12) NOT NULL,
  unallocated_effective numeric(48, 12) NOT NULL,
  difference_billed numeric(38, 12) NOT NULL,
  difference_effective numeric(38, 12) NOT NULL,
  -- Null where nothing was converted.
  rate numeric,
  rate_day date,
  PRIMARY KEY (day, currency, source, account)
) PARTITION BY RANGE (day);

-- What of a source was unallocated or held, by reason.
CREATE TABLE statement_reason (
  day date NOT NULL,
  currency text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  account text COLLATE "C" NOT NULL,
  -- Counts the reasons of a source: a reason may be longer than a key can be.
  place integer NOT NULL,
  outcome text COLLATE "C" NOT NULL CHECK (outcome IN ('unallocated', 'held')),
  reason text COLLATE "C" NOT NULL,
  billed numeric(38, 12) NOT NULL,
  effective numeric(38, 12) NOT NULL,
  PRIMARY KEY (day, currency, source, account, place)
) PARTITION BY RANGE (day);

CREATE TABLE statement_usage (
  day date NOT NULL,
  currency text COLLATE "C" NOT NULL,
  meter text COLLATE "C" NOT NULL,
  quantity numeric(38, 0) NOT NULL,
  late bigint NOT NULL,
  conflicting bigint NOT NULL,
  duplicates bigint NOT NULL,
  PRIMARY KEY (day, currency, meter)
) PARTITION BY RANGE (day);
