import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { redact } from './redaction.ts';
import { createSecrets, secretRef } from './secrets.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'apportion-secrets-'));
});
after(() => rm(folder, { recursive: true }));

const store: Readonly<Record<string, string>> = {
  plain: 'from-the-store',
  json: '{"apiKey":"from-json","count":7}',
  'arn:aws:secretsmanager:eu-west-1:1:secret:a#b': 'by-arn',
};
const secrets = createSecrets({
  env: { KEY: ' from-env\n', EMPTY: '' },
  awsSecret: async (name) => {
    if (name === 'away') throw new Error('connect ECONNREFUSED');
    return store[name] ?? null;
  },
});
const read = (text: string) => secrets.read(secretRef.parse(text));

test('a secret comes from where the settings say, without the blanks around it', async () => {
  await writeFile(join(folder, 'key'), 'from-file\n');
  assert.equal(await read('env:KEY'), 'from-env');
  assert.equal(await read(`file:${join(folder, 'key')}`), 'from-file');
  assert.equal(await read('secret:aws:plain'), 'from-the-store');
  assert.equal(await read('secret:aws:json#apiKey'), 'from-json');
});

test('a rotated file is read anew', async () => {
  const path = join(folder, 'rotated');
  await writeFile(path, 'first-key');
  assert.equal(await read(`file:${path}`), 'first-key');
  await writeFile(path, 'second-key');
  assert.equal(await read(`file:${path}`), 'second-key');
});

test('what was read is redacted from then on', async () => {
  await read('secret:aws:plain');
  assert.equal(redact('key=from-the-store'), 'key=[redacted]');
});

test('a secret that is not there, or empty, is named by its place', async () => {
  for (const place of [
    'env:ABSENT',
    'env:EMPTY',
    `file:${folder}/absent`,
    'secret:aws:absent',
    'secret:aws:json#absent',
  ]) {
    await assert.rejects(read(place), { code: 'secret_missing', message: new RegExp(place.slice(0, 12)) }, place);
  }
  // A number is no key.
  await assert.rejects(read('secret:aws:json#count'), { code: 'secret_missing' });
});

test('a store that is away, a folder, and a text that is no JSON object are told apart from that', async () => {
  for (const place of ['secret:aws:away', `file:${folder}`, 'secret:aws:plain#key']) {
    await assert.rejects(read(place), (error: Error & { code: string }) => {
      assert.equal(error.code, 'secret_unreadable', place);
      assert.ok(!error.message.includes('from-the-store'), error.message);
      return true;
    });
  }
});

test('a secret itself never stands in the settings', () => {
  for (const text of ['s3cr3t', 'env:', 'env:A B', 'vault:x', 'secret:gcp:x', '']) {
    assert.equal(secretRef.safeParse(text).success, false, text);
  }
});
