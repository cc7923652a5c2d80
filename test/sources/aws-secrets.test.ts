/** How secrets are read from AWS Secrets Manager, with what a server of it has answered: test/real-servers/secrets.real.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAwsSecret } from '../../runtime/aws-secret.ts';
import { createSecrets, secretRef } from '../../runtime/secrets.ts';
import { refusal } from '../real-servers/fault.ts';
import { Replay } from '../real-servers/replay.ts';
import { useAwsCredentials, useSecretsManager } from './aws-credentials.ts';

const recording = 'aws-secrets-manager/rotated-and-gone';
const secrets = createSecrets({ env: {}, awsSecret: readAwsSecret });
const read = (place: string): Promise<string> => secrets.read(secretRef.parse(place));

useAwsCredentials();

test('a secret is read as it is at the moment: text, bytes, or a value of a JSON object', async (t) => {
  const replay = await Replay.start(t, recording);
  useSecretsManager(replay.url);
  for (const [place, secret] of [
    ['secret:aws:cast-ai-key', 'planted-first'],
    ['secret:aws:cast-ai-key', 'planted-second'],
    ['secret:aws:prod/datadog#apiKey', 'planted-api'],
    ['secret:aws:binary', 'planted-bytes'],
  ] as const) {
    assert.equal(await read(place), secret);
  }
  for (const [place, code] of [
    ['secret:aws:prod/datadog#absent', 'secret_missing'],
    ['secret:aws:nothing', 'secret_missing'],
    // Deleted: it can be brought back.
    ['secret:aws:binary', 'secret_unreadable'],
  ] as const) {
    await assert.rejects(read(place), { code, message: new RegExp(place) });
  }
  assert.deepEqual(replay.unasked, []);
});

test('a store that is slow for a moment is asked again', async (t) => {
  const replay = await Replay.start(t, recording);
  useSecretsManager(replay.url);
  replay.inject({ times: 2, fault: awsRefusal('ThrottlingException', 'Rate exceeded') });
  assert.equal(await read('secret:aws:cast-ai-key'), 'planted-first');
});

test('a refusal is told with what AWS says, and is not repeated', async (t) => {
  const replay = await Replay.start(t, recording);
  useSecretsManager(replay.url);
  replay.inject({ times: 1, fault: awsRefusal('AccessDeniedException', 'User x is not authorized.') });
  await assert.rejects(read('secret:aws:cast-ai-key'), {
    code: 'secret_unreadable',
    message: 'The secret at secret:aws:cast-ai-key cannot be read: User x is not authorized.',
  });
});

test('an answer that is cut is no shorter secret', async (t) => {
  const replay = await Replay.start(t, recording);
  useSecretsManager(replay.url);
  replay.inject({ times: 5, fault: { kind: 'cut', afterBytes: 150 } });
  await assert.rejects(read('secret:aws:cast-ai-key'), { code: 'secret_unreadable' });
});

test('a store that says nothing is given up', async (t) => {
  const replay = await Replay.start(t, recording);
  useSecretsManager(replay.url);
  replay.inject({ times: 5, fault: { kind: 'stall' } });
  await assert.rejects(readAwsSecret('cast-ai-key', 100), { name: 'TimeoutError' });
});

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html */
function awsRefusal(name: string, message: string) {
  return refusal(400, { 'content-type': 'application/x-amz-json-1.1' }, { __type: name, Message: message });
}
