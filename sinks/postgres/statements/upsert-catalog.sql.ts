/** Digest, applied at, document. Records of the topic come in order, so the last one is the one in force. */
export const upsertCatalog = `
  INSERT INTO catalog (digest, applied_at, document) VALUES ($1, $2, $3)
  ON CONFLICT (only_row) DO UPDATE SET
    digest = excluded.digest, applied_at = excluded.applied_at, document = excluded.document`;
