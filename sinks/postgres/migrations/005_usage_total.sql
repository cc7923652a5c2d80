-- The latest absolute usage of each key and day, as each input partition has seen it: add over topics and partitions.
CREATE TABLE usage_total (
  -- As reported: an id or an alias of the catalog, or empty.
  tenant text COLLATE "C" NOT NULL,
  day date NOT NULL,
  meter text COLLATE "C" NOT NULL,
  product text COLLATE "C" NOT NULL,
  cluster text COLLATE "C" NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  -- Set on the meters late, duplicate and conflicting only, which have a row for each refused line.
  identity text COLLATE "C" NOT NULL,
  refused_meter text COLLATE "C" NOT NULL,
  quantity numeric(38, 0) NOT NULL,
  -- Calls that began on the day: the meter call_count. Null where no calls are counted.
  call_count bigint,
  duplicates bigint NOT NULL,
  conflicting bigint NOT NULL,
  late bigint NOT NULL,
  -- Highest input offset included: of two totals of a key the one that includes more stays.
  through bigint NOT NULL,
  PRIMARY KEY (tenant, day, meter, product, cluster, namespace, topic, partition, identity)
) PARTITION BY RANGE (day);

CREATE INDEX usage_total_day ON usage_total (day);
