import { parseCatalogDocument } from '../attribution/parse-catalog.ts';
import { ApportionError } from '../runtime/errors.ts';
import type { KafkaAdmin, KafkaClient } from '../runtime/kafka/client.ts';
import type { PreparedCodec } from '../runtime/kafka/codec.ts';
import { Undecodable } from '../runtime/task.ts';
import type { Catalog } from '../schemas/catalog.ts';
import type { Promotion } from '../schemas/catalog-record.ts';
import { catalogs } from '../schemas/topics.ts';
import { readPrepared } from './read-prepared.ts';

/** What the processors compute with. */
export interface CatalogInForce {
  readonly catalog: Catalog;
  /** All replays that were ever promoted. */
  readonly promotions: readonly Promotion[];
}

/**
 * Reads the catalog applied last, null when there is none. A record that is no catalog counts for nothing, as it does
 * for the processors, which refuse it and go on with the one before.
 *
 * @param onRecord is called for each record read
 */
export async function readCatalogInForce(
  kafka: KafkaClient,
  prefix: string,
  codec: PreparedCodec,
  onRecord: () => void = () => {},
): Promise<CatalogInForce | null> {
  let inForce: CatalogInForce | null = null;
  await readPrepared(kafka, prefix + catalogs.name, codec, ({ value }) => {
    onRecord();
    const record = codec.decode(catalogs, value);
    if (record instanceof Undecodable) return;
    const parsed = parseCatalogDocument(record.document);
    if (!parsed.ok) return;
    inForce = { catalog: parsed.catalog, promotions: [...(inForce?.promotions ?? []), ...record.promotions] };
  });
  return inForce;
}

/**
 * The catalog in force, of those who can do nothing without one.
 *
 * @throws ApportionError `no_catalog`
 */
export function requireCatalog<T>(inForce: T | null): T {
  if (inForce !== null) return inForce;
  throw new ApportionError(
    'no_catalog',
    'Nothing can be attributed: no catalog is in force.',
    'Apply one with `apportion catalog apply FILE`; catalog.example.yaml is one to begin with.',
  );
}

export interface CatalogReaderOptions {
  readonly kafka: KafkaClient;
  readonly admin: KafkaAdmin;
  readonly codec: () => Promise<PreparedCodec>;
  readonly prefix: string;
}

/**
 * Gives the catalog in force at each call, null when there is none. The topic is read anew only when something was
 * written to it since.
 */
export function createCatalogReader(options: CatalogReaderOptions): () => Promise<Catalog | null> {
  const { kafka, admin, codec, prefix } = options;
  let known: { readonly end: number | undefined; readonly catalog: Catalog | null } | null = null;
  return async () => {
    const end = (await admin.extents(prefix + catalogs.name)).get(0)?.end;
    if (known === null || known.end !== end) {
      const inForce = await readCatalogInForce(kafka, prefix, await codec());
      known = { end, catalog: inForce?.catalog ?? null };
    }
    return known.catalog;
  };
}
