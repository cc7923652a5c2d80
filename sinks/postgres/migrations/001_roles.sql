-- Roles are shared by all databases of a server, so another database may have made them, or be making them now.
-- Neither can log in: grant them to the roles that do.
DO $$
BEGIN
  -- Sees the rows of one tenant: the one named by the setting apportion.tenant.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'apportion_reader') THEN
    CREATE ROLE apportion_reader NOLOGIN;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL;
END
$$;

DO $$
BEGIN
  -- Reads everything.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'apportion_finance') THEN
    CREATE ROLE apportion_finance NOLOGIN;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL;
END
$$;
