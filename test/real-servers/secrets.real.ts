/** How secrets are read from Secrets Manager. The recording is what `npm test` replays. */
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { readAwsSecret } from '../../runtime/aws-secret.ts';
import { createSecrets, secretRef } from '../../runtime/secrets.ts';
import { useAwsCredentials, useSecretsManager } from '../sources/aws-credentials.ts';
import { realMoto } from './environment.ts';
import { keepRecording } from './keep-recording.ts';
import { emptyMoto } from './moto.ts';
import { Recorder } from './recorder.ts';

const moto = realMoto();

useAwsCredentials();

const direct = new SecretsManagerClient({ region: 'us-east-1', endpoint: moto });
const secrets = createSecrets({ env: {}, awsSecret: readAwsSecret });
const read = (place: string): Promise<string> => secrets.read(secretRef.parse(place));

beforeEach(() => emptyMoto(moto));
after(() => direct.destroy());

test('a secret is read as it is at the moment: text, bytes, or a value of a JSON object', async (t) => {
  const recorder = await Recorder.before({ url: moto });
  t.after(() => recorder.close());
  useSecretsManager(recorder.url);
  await direct.send(new CreateSecretCommand({ Name: 'cast-ai-key', SecretString: 'planted-first' }));
  assert.equal(await read('secret:aws:cast-ai-key'), 'planted-first');
  await direct.send(new PutSecretValueCommand({ SecretId: 'cast-ai-key', SecretString: 'planted-second' }));
  assert.equal(await read('secret:aws:cast-ai-key'), 'planted-second');
  await direct.send(new CreateSecretCommand({ Name: 'prod/datadog', SecretString: '{"apiKey":"planted-api"}' }));
  assert.equal(await read('secret:aws:prod/datadog#apiKey'), 'planted-api');
  await assert.rejects(read('secret:aws:prod/datadog#absent'), { code: 'secret_missing' });
  await direct.send(new CreateSecretCommand({ Name: 'binary', SecretBinary: Buffer.from('planted-bytes') }));
  assert.equal(await read('secret:aws:binary'), 'planted-bytes');
  await assert.rejects(read('secret:aws:nothing'), { code: 'secret_missing' });
  // It can be brought back for some days: AWS says that it may not be read, not that there is none.
  await direct.send(new DeleteSecretCommand({ SecretId: 'binary' }));
  await assert.rejects(read('secret:aws:binary'), { code: 'secret_unreadable', message: /marked deleted\.$/ });
  await keepRecording(recorder, 'aws-secrets-manager/rotated-and-gone');
});

test('a secret may be named by its ARN, which has colons and a random end', async () => {
  useSecretsManager(moto);
  const SecretString = '{"apiKey":"planted-api"}';
  const { ARN: arn } = await direct.send(new CreateSecretCommand({ Name: 'prod/datadog', SecretString }));
  assert.equal(await read(`secret:aws:${arn}#apiKey`), 'planted-api');
});
