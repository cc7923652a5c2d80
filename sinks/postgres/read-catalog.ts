import { parseCatalogDocument } from '../../attribution/parse-catalog.ts';
import type { Refusal } from '../../attribution/refusal.ts';
import type { Catalog } from '../../schemas/catalog.ts';
import type { CatalogRecord } from '../../schemas/catalog-record.ts';

/** Why a catalog cannot be stored, or null. */
export function refuseCatalog({ document }: CatalogRecord): Refusal | null {
  const parsed = parseCatalogDocument(document);
  if (!parsed.ok) {
    const [fault] = parsed.faults;
    const where = fault === undefined || fault.path === '' ? '' : `${fault.path} `;
    return { reason: 'invalid', detail: `The catalog is not valid: ${where}${fault?.message}.` };
  }
  return document.includes('\\u0000') ? { reason: 'invalid', detail: 'The catalog contains U+0000.' } : null;
}

/** The catalog of a record that is not refused. */
export function readCatalog({ document }: CatalogRecord): Catalog {
  const parsed = parseCatalogDocument(document);
  if (!parsed.ok) throw new Error('a refused catalog is not read');
  return parsed.catalog;
}
