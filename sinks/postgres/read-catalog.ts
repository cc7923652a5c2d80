import { type ParsedCatalog, parseCatalog } from '../../attribution/parse-catalog.ts';
import type { Refusal } from '../../attribution/refusal.ts';
import type { Catalog } from '../../schemas/catalog.ts';
import type { CatalogRecord } from '../../schemas/catalog-record.ts';

/** Why a catalog cannot be stored, or null. */
export function refuseCatalog(record: CatalogRecord): Refusal | null {
  const parsed = parse(record);
  if (parsed === null) return { reason: 'invalid', detail: 'The catalog is not JSON.' };
  if (!parsed.ok) {
    const [fault] = parsed.faults;
    return { reason: 'invalid', detail: `The catalog is not valid: ${fault?.path} ${fault?.message}.` };
  }
  return record.document.includes('\\u0000') ? { reason: 'invalid', detail: 'The catalog contains U+0000.' } : null;
}

/** The catalog of a record that is not refused. */
export function readCatalog(record: CatalogRecord): Catalog {
  const parsed = parse(record);
  if (!parsed?.ok) throw new Error('a refused catalog is not read');
  return parsed.catalog;
}

function parse(record: CatalogRecord): ParsedCatalog | null {
  try {
    return parseCatalog(JSON.parse(record.document));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
