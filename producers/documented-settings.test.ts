import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { settingsShape } from '../runtime/settings.ts';
import { Polled } from '../test/sources/polled.ts';
import { isPollerName } from './pollers.ts';

const folder = join(import.meta.dirname, '../docs/sources');

for (const page of await readdir(folder)) {
  const name = basename(page, '.md');
  if (!isPollerName(name)) continue;
  test(`docs/sources/${page} shows settings that the poller takes`, async () => {
    const text = await readFile(join(folder, page), 'utf8');
    const examples = [...text.matchAll(/^```yaml\n(pollers:.*?)^```/gms)].map(([, yaml = '']) => parse(yaml));
    assert.notEqual(examples.length, 0);
    for (const { pollers } of examples) {
      for (const [name, settings] of Object.entries(settingsShape.shape.pollers.parse(pollers))) {
        assert.doesNotThrow(() => new Polled({ name, settings, clock: { nowMs: 0 } }));
      }
    }
  });
}
