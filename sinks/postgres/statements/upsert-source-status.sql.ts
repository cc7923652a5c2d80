/** Columns of source_status. */
export const upsertSourceStatus = {
  name: 'upsert_source_status',
  text: `
    INSERT INTO source_status AS held
      (poller, source, state, detail, last_run_at, last_success_at, next_run_at, requests, records, requests_left,
       warnings, accounts, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
    ON CONFLICT (poller) DO UPDATE SET
      source = excluded.source, state = excluded.state, detail = excluded.detail, last_run_at = excluded.last_run_at,
      last_success_at = excluded.last_success_at, next_run_at = excluded.next_run_at, requests = excluded.requests,
      records = excluded.records, requests_left = excluded.requests_left, warnings = excluded.warnings,
      accounts = excluded.accounts, updated_at = excluded.updated_at
    WHERE excluded.updated_at >= held.updated_at`,
};
