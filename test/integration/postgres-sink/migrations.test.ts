import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { migrate } from '../../../runtime/postgres/migrate.ts';
import { migrateReporting } from '../../../sinks/postgres/migrate.ts';
import { freshDatabase, temporaryFolder } from '../stack.ts';
import { SinkWorld, silent } from './sink-world.ts';

test('an empty database becomes the newest, once, however many processes begin at once', async () => {
  const world = new SinkWorld(await freshDatabase());
  await Promise.all(Array.from({ length: 4 }, () => migrateReporting(world.pool, silent)));
  await migrateReporting(world.pool, silent);
  const files = await readdir(new URL('../../../sinks/postgres/migrations/', import.meta.url));
  const applied = await world.rows('SELECT version FROM schema_migrations ORDER BY version');
  assert.deepEqual(
    applied.map(({ version }) => version),
    files.map((_, index) => index + 1),
  );
});

test('a migration that fails leaves nothing of itself, and the ones before it stand', async () => {
  const world = new SinkWorld(await freshDatabase());
  const folder = await folderOf({
    '001_good.sql': 'CREATE TABLE good ()',
    '002_bad.sql': 'CREATE TABLE half (); SELECT 1 / 0',
  });
  await assert.rejects(migrate(world.pool, folder, silent), /division by zero/);
  const tables = await world.rows("SELECT relname FROM pg_class WHERE relname IN ('good', 'half')");
  assert.deepEqual(tables, [{ relname: 'good' }]);
  assert.deepEqual(await world.rows('SELECT name FROM schema_migrations'), [{ name: 'good' }]);
});

test('a migration that was changed after it was applied is refused', async () => {
  const world = new SinkWorld(await freshDatabase());
  await migrate(world.pool, await folderOf({ '001_a.sql': 'CREATE TABLE a ()' }), silent);
  const changed = await folderOf({ '001_a.sql': 'CREATE TABLE a (b int)' });
  await assert.rejects(migrate(world.pool, changed, silent), { code: 'migration_changed' });
});

test('a program that was rolled back runs on a newer database', async () => {
  const world = new SinkWorld(await freshDatabase());
  const newer = await folderOf({ '001_a.sql': 'CREATE TABLE a ()', '002_b.sql': 'CREATE TABLE b ()' });
  await migrate(world.pool, newer, silent);
  await migrate(world.pool, await folderOf({ '001_a.sql': 'CREATE TABLE a ()' }), silent);
});

test('files whose numbers leave a gap are refused', async () => {
  const world = new SinkWorld(await freshDatabase());
  const gap = await folderOf({ '001_a.sql': '', '003_c.sql': '' });
  await assert.rejects(migrate(world.pool, gap, silent), { code: 'migration_misnamed' });
});

async function folderOf(files: Readonly<Record<string, string>>): Promise<URL> {
  const folder = join(temporaryFolder(), 'migrations');
  await mkdir(folder);
  for (const [name, sql] of Object.entries(files)) await writeFile(join(folder, name), sql);
  return pathToFileURL(`${folder}/`);
}
