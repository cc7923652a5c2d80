import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { redact } from '../../runtime/redaction.ts';
import { createSecrets, secretRef } from '../../runtime/secrets.ts';
import { openAccess } from './access.ts';

const secrets = createSecrets({ env: process.env, awsSecret: async () => null });
const run = { secret: secrets.read };

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'apportion-access-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function inPod(t: TestContext, host: string | undefined): void {
  const before = { ...process.env };
  t.after(() => {
    process.env = before;
  });
  process.env['KUBERNETES_SERVICE_PORT'] = '443';
  if (host === undefined) delete process.env['KUBERNETES_SERVICE_HOST'];
  else process.env['KUBERNETES_SERVICE_HOST'] = host;
}

test('in a cluster the service account of the pod is used, and its token told to nobody', async (t) => {
  const root = folderOf(t);
  const account = join(root, 'var/run/secrets/kubernetes.io/serviceaccount');
  mkdirSync(account, { recursive: true });
  writeFileSync(join(account, 'token'), 'planted-account-token');
  writeFileSync(join(account, 'ca.crt'), 'certificate');
  inPod(t, 'fd00::1');
  const { url } = await openAccess(run, 'here', { inCluster: true, root });
  assert.equal(url, 'https://[fd00::1]:443');
  assert.equal(redact('of planted-account-token'), 'of [redacted]');
});

test('outside of any cluster there is no service account, which is told', async (t) => {
  inPod(t, undefined);
  await assert.rejects(openAccess(run, 'here', { inCluster: true }), { code: 'kubeconfig_unusable' });
  inPod(t, '10.96.0.1');
  await assert.rejects(openAccess(run, 'here', { inCluster: true, root: folderOf(t) }), {
    code: 'kubeconfig_unusable',
    message: /ca\.crt/,
  });
});

test('files that a kubeconfig names are looked for beside it, and what it holds is told to nobody', async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'key.pem'), 'key');
  const kubeconfig = secretRef.parse(`file:${join(folder, 'kubeconfig')}`);
  const write = (user: object): void => {
    const clusters = [{ name: 'c', cluster: { server: 'https://10.0.0.1:6443/prefix/' } }];
    const contexts = [{ name: 'x', context: { cluster: 'c', user: 'u' } }];
    const text = JSON.stringify({ clusters, contexts, users: [{ name: 'u', user }], 'current-context': 'x' });
    writeFileSync(join(folder, 'kubeconfig'), text);
  };
  write({ 'client-key': 'key.pem', username: 'anna', password: 'planted-password' });
  const { url } = await openAccess(run, 'there', { kubeconfig, context: null });
  assert.equal(url, 'https://10.0.0.1:6443/prefix');
  const basic = Buffer.from('anna:planted-password').toString('base64');
  assert.equal(redact(`planted-password ${basic}`), '[redacted] [redacted]');
  write({ 'client-key': 'another.pem' });
  await assert.rejects(openAccess(run, 'there', { kubeconfig, context: null }), {
    code: 'kubeconfig_unusable',
    message: /another\.pem/,
  });
});
