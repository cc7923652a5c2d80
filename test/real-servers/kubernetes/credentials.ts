import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from '../../../local/run.ts';
import { realServerError } from '../errors.ts';
import { apiUrl, type Cluster, certificateFile, kubeconfigFile, tokens } from './cluster.ts';

/**
 * Keys, certificates, tokens and the kubeconfig of a cluster that lives for minutes on this machine alone. The CA of the
 * front proxy doubles as the one of clients, which is fit for nothing else. Errors: `real_openssl_missing`.
 */
export async function writeCredentials(cluster: Cluster): Promise<void> {
  const days = ['-days', '2'];
  const key = (name: string): string[] => ['-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`];
  const subject = (name: string): string[] => ['-subj', `/CN=${name}`];
  const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const openssl = (...args: string[]): Promise<void> => runOpenssl(cluster.folder, args);
  await openssl('genrsa', '-out', 'sa.key', '2048');
  await openssl('rsa', '-in', 'sa.key', '-pubout', '-out', 'sa.pub');
  await openssl('req', '-x509', ...key('proxy-ca'), '-out', 'proxy-ca.crt', ...days, ...subject('front-proxy-ca'));
  await openssl('req', ...key('proxy'), '-out', 'proxy.csr', ...subject('front-proxy'));
  const ca = ['-CA', 'proxy-ca.crt', '-CAkey', 'proxy-ca.key', '-CAcreateserial'];
  await openssl('x509', '-req', '-in', 'proxy.csr', ...ca, '-out', 'proxy.crt', ...days);
  await openssl('req', '-x509', ...key('tls'), '-out', 'tls.crt', ...days, ...subject('localhost'), ...names);
  writeFileSync(
    join(cluster.folder, 'tokens.csv'),
    `${tokens.admin},admin,admin-uid,"system:masters"\n${tokens.reader},reader,reader-uid,"readers"\n`,
  );
  writeFileSync(kubeconfigFile(cluster.folder), JSON.stringify(kubeconfig(cluster), null, 2));
}

function kubeconfig(cluster: Cluster): unknown {
  const server = { server: apiUrl(cluster), 'certificate-authority': certificateFile(cluster.folder) };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'real', cluster: server }],
    users: [{ name: 'admin', user: { token: tokens.admin } }],
    contexts: [{ name: 'real', context: { cluster: 'real', user: 'admin' } }],
    'current-context': 'real',
  };
}

async function runOpenssl(cwd: string, args: readonly string[]): Promise<void> {
  const run = await runToEnd('openssl', args, undefined, { cwd });
  if (run.code !== 0) {
    throw realServerError('real_openssl_missing', `openssl ${args.join(' ')} failed:\n${run.output.trim()}`);
  }
}
