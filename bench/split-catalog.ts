import { parseCatalog } from '../attribution/parse-catalog.ts';
import type { Catalog } from '../schemas/catalog.ts';

/**
 * Shared namespaces by call duration, external services by their cost.
 *
 * @param sharedRule what the first of the two rules is called: it stands on the lines, so that another name changes them
 */
export function splitCatalog(tenants: readonly string[], sharedRule = 'shared'): Catalog {
  const parsed = parseCatalog({
    version: 1,
    currency: 'USD',
    products: [{ id: 'asr' }],
    tenants: tenants.map((id) => ({ id })),
    rules: [
      {
        id: sharedRule,
        match: { source: 'cast-ai' },
        split: { by: 'usage', meter: 'call_duration', scope: 'namespace' },
      },
      { id: 'external', match: { source: 'aws' }, split: { by: 'cost', of: 'infrastructure' } },
    ],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.catalog;
}
