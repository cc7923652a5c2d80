/** Tables, days. In one order everywhere, so that two who make the same partitions wait for each other only. */
export const ensureMonthPartitions = `
  SELECT ensure_month_partition(missing.parent, missing.month)
  FROM (SELECT * FROM unnest($1::text[], $2::date[]) AS m (parent, month) ORDER BY parent, month) AS missing`;
