import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { variableOf } from './config.ts';
import { settingsShape } from './settings.ts';

test('docs/settings.md has every setting, with its variable and its default, and no other', () => {
  const text = readFileSync(new URL('../docs/settings.md', import.meta.url), 'utf8');
  const rows = text.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const told = new Map(
    rows.flatMap(([, key = '', ...cells]) => (/^`\w+`$/.test(key) ? [[key.slice(1, -1), cells]] : [])),
  );
  const defaults = settingsShape.parse({ kafkaBrokers: 'a:1', schemaRegistryUrl: 'http://registry' });
  assert.deepEqual([...told.keys()].toSorted(), Object.keys(settingsShape.shape).toSorted());
  for (const [key, value] of Object.entries(settingsShape.shape)) {
    const [variable, given] = told.get(key) ?? [];
    const isNeeded = !value.safeParse(undefined).success;
    const text = defaults[key as keyof typeof defaults];
    const expected = text === undefined ? '' : `\`${typeof text === 'object' ? JSON.stringify(text) : text}\``;
    assert.equal(given, isNeeded ? 'needed' : expected, key);
    if (variable !== '') assert.equal(variable, `\`${variableOf(key)}\``);
  }
});
