-- Roles are shared by all databases of a server, so another database may have made them, or be making them now: whoever
-- comes second finds them made. Neither can log in: grant them to the roles that do. Whoever migrates can become them.
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

DO $$
BEGIN
  -- Making a role does not yet allow to become it. Where an administrator made them, that is theirs to grant.
  IF NOT pg_has_role('apportion_reader', 'SET') AND pg_has_role('apportion_reader', 'MEMBER WITH ADMIN OPTION') THEN
    GRANT apportion_reader, apportion_finance TO CURRENT_USER;
  END IF;
EXCEPTION WHEN unique_violation OR internal_error THEN
  -- Another database granted them at the same instant.
  NULL;
END
$$;
