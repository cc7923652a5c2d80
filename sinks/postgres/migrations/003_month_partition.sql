-- Makes the partition of a fact table for the month of a day, where it is not there yet.
-- The table is made apart and then attached, which does not lock readers and writers of the parent out.
CREATE FUNCTION ensure_month_partition(parent text, month date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  first date := date_trunc('month', month)::date;
  name text := format('%s_%s', parent, to_char(first, 'YYYY_MM'));
BEGIN
  IF to_regclass(quote_ident(name)) IS NOT NULL THEN
    RETURN;
  END IF;
  -- One at a time: whoever waited here finds the partition made. Readers and writers of the rows do not wait.
  EXECUTE format('LOCK TABLE ONLY %I IN SHARE UPDATE EXCLUSIVE MODE', parent);
  IF to_regclass(quote_ident(name)) IS NOT NULL THEN
    RETURN;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', name, parent);
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
    parent, name, first, (first + interval '1 month')::date);
END
$$;
