import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { Polled } from '../test/sources/polled.ts';

const root = new URL('../', import.meta.url).pathname;
const fileShape = z.object({ pollers: z.record(z.string(), z.record(z.string(), z.unknown())) });

for (const page of globSync('docs/sources/*.md', { cwd: root }).sort()) {
  const examples = [...readFileSync(`${root}${page}`, 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)]
    .map(([, yaml = '']) => fileShape.safeParse(parse(yaml)))
    .flatMap(({ data }) => (data === undefined ? [] : Object.entries(data.pollers)));
  for (const [name, settings] of examples) {
    test(`${page}: ${name} takes the settings of the example`, () => {
      assert.doesNotThrow(() => new Polled({ name, settings, clock: { nowMs: 0 } }));
    });
  }
}
