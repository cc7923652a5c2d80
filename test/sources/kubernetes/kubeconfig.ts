import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { SOURCE_KEY } from '../polled.ts';

const folder = mkdtempSync(join(tmpdir(), 'apportion-kubeconfig-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

/** Writes a kubeconfig for a server without TLS, and gives the place as settings name it. Gone when the tests are. */
export function kubeconfigOf(url: string, token = SOURCE_KEY): string {
  // The client takes no plain HTTP unless it is told that nothing is to be verified.
  const cluster = { server: url, 'insecure-skip-tls-verify': true };
  return written(
    JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'test' },
      clusters: [{ name: 'test', cluster }],
      users: [{ name: 'test', user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    }),
  );
}

/** The place of a kubeconfig with that text. */
export function written(text: string): string {
  const file = join(folder, `${++files}.yaml`);
  writeFileSync(file, text);
  return `file:${file}`;
}
