import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { compileCatalog } from '../attribution/compile-catalog.ts';
import { parseCatalog } from '../attribution/parse-catalog.ts';
import { ACTIONS, type Catalog, type Split } from '../schemas/catalog.ts';

async function example(): Promise<Catalog> {
  const text = await readFile(join(import.meta.dirname, '../catalog.example.yaml'), 'utf8');
  const parsed = parseCatalog(parse(text));
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.catalog;
}

test('the example catalog has no faults', async () => {
  assert.equal(compileCatalog(await example()).currency, 'USD');
});

test('the example catalog shows every action, every split and every scope', async () => {
  const { rules } = await example();
  for (const action of ACTIONS)
    assert.ok(
      rules.some((rule) => rule[action] !== undefined),
      action,
    );
  const splits = rules.flatMap(({ split }) => (split === undefined ? [] : [split]));
  const parts = splits.flatMap((split): readonly Split[] => (split.by === 'blend' ? [split, ...split.parts] : [split]));
  assert.deepEqual([...new Set(parts.map(({ by }) => by))].sort(), ['blend', 'cost', 'even', 'fixed', 'usage']);
  const scopes = parts.flatMap((split) => (split.by === 'usage' ? [split.scope] : []));
  assert.deepEqual([...new Set(scopes)].sort(), ['namespace', 'platform', 'product']);
});
