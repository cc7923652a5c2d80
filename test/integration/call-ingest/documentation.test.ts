import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parse } from 'yaml';
import { ingestConfig } from '../../../producers/call-ingest/config.ts';
import { testStack } from '../stack.ts';
import { ingestWorld } from './ingest-world.ts';

const page = await readFile(new URL('../../../docs/sources/calls-http.md', import.meta.url), 'utf8');
const examples = [
  ...page.matchAll(
    /curl http\S+ -H "authorization: Bearer \$TOKEN" -H 'content-type: (\S+)' -d '([^']+)'\n```\n\n```json\n(.+)\n```/g,
  ),
];
const { post, metrics } = await ingestWorld(await testStack());

test('the page has its examples', () => assert.equal(examples.length, 3));

for (const [, contentType = '', body = '', answer = ''] of examples) {
  test(`what the page sends as ${contentType} is answered as the page says: ${answer}`, async () => {
    const { status, body: answered } = await post(body, { 'content-type': contentType });
    assert.equal(status, 202);
    assert.deepEqual(answered, JSON.parse(answer));
  });
}

test('the settings that the page shows are taken, and it lists every one with its default', () => {
  const [, shown = ''] = /```yaml\n([\s\S]+?)```/.exec(page) ?? [];
  for (const [name, value] of Object.entries(ingestConfig(parse(shown).ingest))) {
    const isDefault = typeof value === 'number' && name !== 'port';
    assert.ok(page.includes(isDefault ? `| \`${name}\` | ${value} |` : `\`${name}\``), `${name} is not on the page`);
  }
});

test('the page names every metric', async () => {
  for (const [, name = ''] of (await metrics.metrics()).matchAll(/^# TYPE (\S+)/gm)) {
    assert.ok(page.includes(`\`${name}`), `${name} is not on the page`);
  }
});
