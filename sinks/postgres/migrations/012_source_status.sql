-- How each poller fares with its source, as of its last run.
CREATE TABLE source_status (
  poller text COLLATE "C" PRIMARY KEY,
  source text COLLATE "C" NOT NULL,
  -- initial, missing_configuration, failed_connection, missing_data, ok
  state text COLLATE "C" NOT NULL,
  detail text NOT NULL,
  last_run_at timestamptz,
  last_success_at timestamptz,
  next_run_at timestamptz,
  requests bigint NOT NULL,
  records bigint NOT NULL,
  requests_left bigint,
  -- ["sentence"]
  warnings jsonb NOT NULL,
  -- [{"account", "state", "detail", "lastSuccessAt", "firstDay", "lastDay", "missingDays"}]
  accounts jsonb NOT NULL,
  -- Of two records of a poller the later one stays.
  updated_at timestamptz NOT NULL
);

GRANT SELECT ON source_status TO apportion_finance;
