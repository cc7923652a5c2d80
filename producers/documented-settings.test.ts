import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { Polled } from '../test/sources/polled.ts';
import { pollerNames } from './pollers.ts';

const folder = join(import.meta.dirname, '../docs/sources');
const pages = readdirSync(folder).filter((name) => name.endsWith('.md'));
const clock = { nowMs: Date.parse('2026-03-10T06:00:00Z') };

test('every poller has a page', () => {
  for (const name of pollerNames) assert.ok(pages.includes(`${name}.md`), `docs/sources/${name}.md is missing`);
});

for (const page of pages) {
  const text = readFileSync(join(folder, page), 'utf8');
  const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => parse(yaml) as unknown);
  for (const [index, block] of blocks.entries()) {
    test(`the settings on docs/sources/${page} (${index + 1}) are taken`, () => {
      const { pollers = {} } = block as { pollers?: Record<string, Record<string, unknown>> };
      for (const [name, settings] of Object.entries(pollers)) new Polled({ name, settings, clock });
    });
  }
}
