import { sha256 } from '../attribution/canonical-json.ts';
import { catalogChanges } from '../attribution/catalog-changes.ts';
import { canonicalCatalogText, parseCatalog } from '../attribution/parse-catalog.ts';
import { ApportionError } from '../runtime/errors.ts';
import type { KafkaClient } from '../runtime/kafka/client.ts';
import type { PreparedCodec } from '../runtime/kafka/codec.ts';
import { readTopic } from '../runtime/kafka/read-topic.ts';
import type { Publisher } from '../runtime/publisher.ts';
import { Undecodable } from '../runtime/task.ts';
import type { Catalog } from '../schemas/catalog.ts';
import type { CatalogRecord, Promotion } from '../schemas/catalog-record.ts';
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
export function compareCatalog(inForce: CatalogRecord | null, next: Catalog): CatalogDifference {
  const before = inForce === null ? null : parseCatalog(JSON.parse(inForce.document));
  const differs = inForce?.digest !== sha256(canonicalCatalogText(next));
  return { differs, ...catalogChanges(before?.ok === true ? before.catalog : null, next) };
}

/** The catalog applied last, null when there is none. */
export async function readCatalogInForce(
  kafka: KafkaClient,
  prefix: string,
  codec: PreparedCodec,
): Promise<CatalogRecord | null> {
  const values: Buffer[] = [];
  await readTopic(kafka, prefix + catalogs.name, (record) => {
    if (record.value !== null) values.push(record.value);
  });
  await codec.prepare(values);
  const last = values.at(-1);
  const record = last === undefined ? null : codec.decode(catalogs, last);
  if (!(record instanceof Undecodable)) return record;
  throw undecodable(prefix, record.detail);
}

/** What is said of a newest record that is no catalog. */
export function undecodable(prefix: string, detail: string): ApportionError {
  return new ApportionError(
    'undecodable_catalog',
    `The newest record of ${prefix}${catalogs.name} is no catalog: ${detail}`,
    'Find who wrote it, and apply a catalog anew after it.',
  );
}

/** Publishes a catalog, and the replays that are promoted with it; every processor follows it from then on. */
export async function publishCatalog(
  publisher: Publisher,
  catalog: Catalog,
  appliedAt: Instant,
  promotions: readonly Promotion[] = [],
): Promise<void> {
  const document = canonicalCatalogText(catalog);
  await publisher.publish(catalogs, [{ document, digest: sha256(document), appliedAt, promotions }]);
}
