import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { readExchanges } from './exchange.ts';
import { tokens } from './kubernetes/cluster.ts';
import { Replay } from './replay.ts';

const root = join(import.meta.dirname, '..', 'recordings');
const folders = new Set(globSync('**/*.json', { cwd: root }).map((file) => dirname(file)));

test('there are recordings', () => {
  assert.notEqual(folders.size, 0);
});

for (const folder of folders) {
  test(`${folder} can be read, and holds no token`, () => {
    for (const { request, answer } of readExchanges(join(root, folder))) {
      const text = [request.path, request.body, answer.body, JSON.stringify([request.headers, answer.headers])].join(
        '\n',
      );
      for (const token of Object.values(tokens)) assert.ok(!text.includes(token));
    }
  });
}

test('the real SDK takes a recording for the server', async (t) => {
  const replay = await Replay.start(t, 'aws-secrets-manager/found-and-not-found');
  const credentials = { accessKeyId: 'x', secretAccessKey: 'y' };
  const client = new SecretsManagerClient({ region: 'us-east-1', endpoint: replay.url, credentials });
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: 'cast-ai-key' }));
  assert.equal(SecretString, 'planted');
  await assert.rejects(client.send(new GetSecretValueCommand({ SecretId: 'nothing' })), ResourceNotFoundException);
  assert.deepEqual(replay.unasked, []);
});
