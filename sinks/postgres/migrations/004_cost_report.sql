-- The newest report of each source, account and day.
CREATE TABLE cost_report (
  source text COLLATE "C" NOT NULL,
  account text COLLATE "C" NOT NULL,
  day date NOT NULL,
  currency text COLLATE "C" NOT NULL,
  observed_at timestamptz NOT NULL,
  status text COLLATE "C" NOT NULL,
  -- SHA-256 of the report's key-sorted JSON, hexadecimal: of two reports observed at the same instant the greater stays.
  digest text COLLATE "C" NOT NULL,
  lines integer NOT NULL,
  -- Sums have room for ten digits more than what they sum, so that no sum of facts can overflow.
  billed numeric(48, 12) NOT NULL,
  effective numeric(48, 12) NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (source, account, day)
) PARTITION BY RANGE (day);

CREATE INDEX cost_report_day ON cost_report (day);

-- The lines of those reports, as they came.
CREATE TABLE cost_charge (
  source text COLLATE "C" NOT NULL,
  account text COLLATE "C" NOT NULL,
  day date NOT NULL,
  -- Place in the report, from 0.
  line integer NOT NULL,
  currency text COLLATE "C" NOT NULL,
  service text COLLATE "C" NOT NULL,
  cluster text COLLATE "C" NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  region text COLLATE "C" NOT NULL,
  resource text COLLATE "C" NOT NULL,
  sub_account text COLLATE "C" NOT NULL,
  category text COLLATE "C" NOT NULL,
  billed numeric(38, 12) NOT NULL,
  effective numeric(38, 12) NOT NULL,
  tags jsonb NOT NULL,
  PRIMARY KEY (source, account, day, line)
) PARTITION BY RANGE (day);
