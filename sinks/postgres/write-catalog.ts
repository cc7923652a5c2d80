import type { PoolClient } from 'pg';
import type { Period } from '../../schemas/catalog.ts';
import type { CatalogRow } from './rows.ts';
import { deleteProducts, insertProducts } from './statements/replace-products.sql.ts';
import { deleteTenants, insertTenants } from './statements/replace-tenants.sql.ts';
import { upsertCatalog } from './statements/upsert-catalog.sql.ts';

/** Puts the names of the newest catalog in place of those of the one before. */
export async function writeCatalog(client: PoolClient, rows: readonly CatalogRow[]): Promise<void> {
  const row = rows.at(-1);
  if (row === undefined) return;
  const { record, catalog } = row;
  await client.query(upsertCatalog, [record.digest, new Date(record.appliedAt).toISOString(), record.document]);
  await client.query(deleteTenants);
  await client.query(insertTenants, columnsOf(catalog.tenants));
  await client.query(deleteProducts);
  await client.query(insertProducts, columnsOf(catalog.products));
}

function columnsOf(named: readonly (Period & { readonly id: string; readonly name: string })[]): unknown[][] {
  return [
    named.map(({ id }) => id),
    named.map(({ name }) => name),
    named.map(({ from }) => from ?? '-infinity'),
    named.map(({ to }) => to ?? 'infinity'),
  ];
}
