-- The catalog in force, for names. The rules stay in the document.
CREATE TABLE catalog (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  digest text COLLATE "C" NOT NULL,
  applied_at timestamptz NOT NULL,
  document jsonb NOT NULL
);

CREATE TABLE tenant (
  tenant text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  -- Half-open; infinite where the catalog gives no day.
  valid_from date NOT NULL,
  valid_to date NOT NULL,
  PRIMARY KEY (tenant, valid_from)
);

CREATE TABLE product (
  product text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  valid_from date NOT NULL,
  valid_to date NOT NULL,
  PRIMARY KEY (product, valid_from)
);
