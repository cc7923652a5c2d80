import type { AttributionDocument } from '../schemas/attribution-document.ts';
import { ZERO } from './amount.ts';
import type { DocumentHead } from './build-documents.ts';
import { documentDigest } from './document-text.ts';

/**
 * The document of a tenant that has no lines on a day any more. It is written once, when they vanish, so that readers
 * who guard by revision let go of the old lines; a tombstone would take the guard away with them.
 */
export function emptyDocument(tenant: string, { day, currency, status, stamp }: DocumentHead): AttributionDocument {
  const digest = documentDigest(status, []);
  return { day, tenant, currency, status, billed: ZERO, effective: ZERO, ...stamp, digest, lines: [] };
}
