import type { Admin, Kafka } from 'kafkajs';
import { parseCatalog } from '../attribution/parse-catalog.ts';
import type { PreparedCodec } from '../runtime/kafka/codec.ts';
import type { Catalog } from '../schemas/catalog.ts';
import { catalogs } from '../schemas/topics.ts';
import { readCatalogInForce, undecodable } from './apply-catalog.ts';

export interface CatalogReaderOptions {
  readonly kafka: Kafka;
  readonly admin: () => Promise<Admin>;
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
  let known: { readonly end: string; readonly catalog: Catalog | null } | null = null;
  return async () => {
    const [{ high: end } = { high: '' }] = await (await admin()).fetchTopicOffsets(prefix + catalogs.name);
    if (known?.end !== end) known = { end, catalog: await read(kafka, prefix, await codec()) };
    return known.catalog;
  };
}

async function read(kafka: Kafka, prefix: string, codec: PreparedCodec): Promise<Catalog | null> {
  const record = await readCatalogInForce(kafka, prefix, codec);
  if (record === null) return null;
  const parsed = parseCatalog(JSON.parse(record.document));
  if (parsed.ok) return parsed.catalog;
  throw undecodable(prefix, parsed.faults.map(({ path, message }) => `${path} ${message}`).join('; '));
}
