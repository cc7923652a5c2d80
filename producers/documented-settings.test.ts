import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { Polled } from '../test/sources/polled.ts';

const folder = join(import.meta.dirname, '../docs/sources');

for (const page of readdirSync(folder)) {
  for (const [, block = ''] of readFileSync(join(folder, page), 'utf8').matchAll(/^```yaml\n(pollers:.*?)^```$/gms)) {
    const { pollers } = parse(block) as { pollers: Record<string, Record<string, unknown>> };
    for (const [name, settings] of Object.entries(pollers)) {
      test(`the settings of ${name} that ${page} shows are taken`, () => {
        new Polled({ name, settings, clock: { nowMs: 0 } });
      });
    }
  }
}
