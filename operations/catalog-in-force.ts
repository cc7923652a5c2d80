import { parseCatalog } from '../attribution/parse-catalog.ts';
import type { KafkaAdmin, KafkaClient } from '../runtime/kafka/client.ts';
import type { PreparedCodec } from '../runtime/kafka/codec.ts';
import type { Catalog } from '../schemas/catalog.ts';
import { catalogs } from '../schemas/topics.ts';
import { readCatalogInForce, undecodable } from './apply-catalog.ts';

export interface CatalogReaderOptions {
  readonly kafka: KafkaClient;
  readonly admin: KafkaAdmin;
  readonly codec: () => Promise<PreparedCodec>;
  readonly prefix: string;
}

/**
 * Gives the catalog in force at each call, null when none was ever applied. The topic is read anew only when something
 * was written to it since.
 *
 * @throws ApportionError `undecodable_catalog`
 */
export function createCatalogReader(options: CatalogReaderOptions): () => Promise<Catalog | null> {
  const { kafka, admin, codec, prefix } = options;
  let known: { readonly end: number | undefined; readonly catalog: Catalog | null } | null = null;
  return async () => {
    const end = (await admin.extents(prefix + catalogs.name)).get(0)?.end;
    if (known === null || known.end !== end) known = { end, catalog: await read(kafka, prefix, await codec()) };
    return known.catalog;
  };
}

async function read(kafka: KafkaClient, prefix: string, codec: PreparedCodec): Promise<Catalog | null> {
  const record = await readCatalogInForce(kafka, prefix, codec);
  if (record === null) return null;
  const parsed = parseCatalog(JSON.parse(record.document));
  if (parsed.ok) return parsed.catalog;
  throw undecodable(prefix, parsed.faults.map(({ path, message }) => `${path} ${message}`).join('; '));
}
