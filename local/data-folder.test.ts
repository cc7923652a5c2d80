import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../test/integration/stack.ts';
import { findDataFolder, openDataFolder, saveDataFolder } from './data-folder.ts';

test('is the same whenever it is opened, and nobody else may read its password', async () => {
  const path = join(temporaryFolder(), 'new');
  const first = await openDataFolder(path);
  assert.deepEqual(await openDataFolder(path), first);
  assert.equal(new Set(Object.values(first.ports)).size, 4);
  assert.equal(statSync(join(path, 'stack.json')).mode & 0o077, 0);
});

test('two folders share neither ports nor password nor cluster', async () => {
  const home = temporaryFolder();
  const one = await openDataFolder(join(home, 'one'));
  const other = await openDataFolder(join(home, 'other'));
  assert.notEqual(one.password, other.password);
  assert.notEqual(one.clusterId, other.clusterId);
  assert.notDeepEqual(one.ports, other.ports);
});

test('chooses a port that was removed by hand anew, and keeps the others', async () => {
  const path = temporaryFolder();
  const first = await openDataFolder(path);
  const file = join(path, 'stack.json');
  const state = JSON.parse(readFileSync(file, 'utf8'));
  delete state.ports.kafka;
  writeFileSync(file, JSON.stringify(state));
  const second = await openDataFolder(path);
  assert.deepEqual({ ...second.ports, kafka: 0 }, { ...first.ports, kafka: 0 });
  assert.notEqual(second.ports.kafka, first.ports.kafka);
  assert.deepEqual(await openDataFolder(path), second);
});

test('looking for a stack makes none', async () => {
  const path = join(temporaryFolder(), 'none');
  assert.equal(await findDataFolder(path), null);
  assert.throws(() => statSync(path), { code: 'ENOENT' });
});

test('servers without the file that describes them are refused, not overwritten', async () => {
  const path = temporaryFolder();
  mkdirSync(join(path, 'postgres'));
  await assert.rejects(openDataFolder(path), { code: 'local_data_incomplete', message: /stack\.json is gone/ });
});

for (const [name, text] of [
  ['cut off', '{"format": 1,'],
  ['of something else', '{"name": "other"}'],
] as const) {
  test(`a stack.json that is ${name} is refused, with what to do`, async () => {
    const path = temporaryFolder();
    writeFileSync(join(path, 'stack.json'), text);
    await assert.rejects(openDataFolder(path), {
      code: 'local_data_incomplete',
      message: /damaged/,
      advice: /apportion local reset/,
    });
  });
}

test('a folder of a newer version is refused', async () => {
  const path = temporaryFolder();
  await openDataFolder(path);
  const file = join(path, 'stack.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"format": 1', '"format": 2'));
  await assert.rejects(openDataFolder(path), { code: 'local_data_newer' });
});

test('a complete folder that has lost the data of a server is refused', async () => {
  const path = temporaryFolder();
  const folder = await openDataFolder(path);
  saveDataFolder({ ...folder, complete: true });
  await assert.rejects(openDataFolder(path), {
    code: 'local_data_incomplete',
    message: /lost kafka\/meta\.properties and postgres\/PG_VERSION/,
  });
});
