import { catalogChanges } from '../attribution/catalog-changes.ts';
import { canonicalCatalogText, catalogDigest } from '../attribution/parse-catalog.ts';
import type { Publisher } from '../runtime/publisher.ts';
import type { Catalog } from '../schemas/catalog.ts';
import type { Promotion } from '../schemas/catalog-record.ts';
import type { Instant } from '../schemas/scalars.ts';
import { catalogs } from '../schemas/topics.ts';

/** What applying a catalog changes. */
export interface CatalogDifference {
  /** False when the catalog in force says the same. */
  readonly differs: boolean;
  readonly changes: ReturnType<typeof catalogChanges>['changes'];
  readonly touches: ReturnType<typeof catalogChanges>['touches'];
}

/** Compares a catalog with the one in force, if any. */
export function compareCatalog(inForce: Catalog | null, next: Catalog): CatalogDifference {
  const differs = inForce === null || catalogDigest(inForce) !== catalogDigest(next);
  return { differs, ...catalogChanges(inForce, next) };
}

/** Publishes a catalog, and the replays that are promoted with it; every processor follows it from then on. */
export async function publishCatalog(
  publisher: Publisher,
  catalog: Catalog,
  appliedAt: Instant,
  promotions: readonly Promotion[] = [],
): Promise<void> {
  const document = canonicalCatalogText(catalog);
  await publisher.publish(catalogs, [{ document, digest: catalogDigest(catalog), appliedAt, promotions }]);
}
