import type { RequestOptions } from 'node:https';
import { dirname } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { ApportionError } from '../../runtime/errors.ts';
import type { Fetch } from '../../runtime/http/client.ts';
import { hide } from '../../runtime/redaction.ts';
import type { SecretRef } from '../../runtime/secrets.ts';
import type { PollRun } from '../poller.ts';
import { kubernetesError } from './errors.ts';
import { httpsFetch } from './https-fetch.ts';

/** Where a cluster is, and how to be let in. */
export type AccessOptions =
  | { readonly kubeconfig: SecretRef; readonly context: string | null }
  /** `root` stands before the folder of the service account, which is that of every pod. */
  | { readonly inCluster: true; readonly root?: string };

export interface Access {
  readonly url: string;
  readonly fetch: Fetch;
}

/**
 * Reads a kubeconfig, or the service account of the pod that this runs in: anew at each poll, so that whatever is
 * rotated needs no restart. Client certificates, tokens, token files, exec plugins and proxies are the client library's.
 *
 * @throws ApportionError `kubeconfig_unusable`
 */
export async function openAccess(
  run: Pick<PollRun, 'secret'>,
  cluster: string,
  options: AccessOptions,
): Promise<Access> {
  const config = await configOf(run, cluster, options);
  const credentials = async (): Promise<RequestOptions> => {
    const found: RequestOptions = { headers: {} };
    await config.applyToHTTPSOptions(found);
    hideCredentials(found);
    return found;
  };
  const url = config.getCurrentCluster()?.server;
  if (url === undefined) throw unusable(cluster, `it has no context ${config.getCurrentContext()} with a cluster`);
  if (!URL.canParse(url)) throw unusable(cluster, `${url} is no address`);
  hideSecrets(config);
  try {
    await credentials();
  } catch (error) {
    throw unusable(cluster, error instanceof Error ? error.message : String(error), error);
  }
  return { url, fetch: async (target, init) => httpsFetch(await credentials())(target, init) };
}

async function configOf(run: Pick<PollRun, 'secret'>, cluster: string, options: AccessOptions): Promise<KubeConfig> {
  // A library of 80 MiB, which only those who poll Kubernetes should pay for.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  if ('inCluster' in options) {
    config.loadFromCluster(options.root);
    return config;
  }
  const text = await secretOf(run, cluster, options.kubeconfig);
  try {
    config.loadFromString(text);
  } catch {
    // The parser's own message would show a part of the file.
    throw unusable(cluster, 'it is no kubeconfig');
  }
  const [, file] = /^file:(.+)$/.exec(options.kubeconfig) ?? [];
  if (file !== undefined) config.makePathsAbsolute(dirname(file));
  if (options.context !== null) config.setCurrentContext(options.context);
  return config;
}

/** A secret that is missing concerns its cluster alone: the others are asked all the same. */
async function secretOf(run: Pick<PollRun, 'secret'>, cluster: string, ref: SecretRef): Promise<string> {
  try {
    return await run.secret(ref);
  } catch (error) {
    if (error instanceof ApportionError) throw unusable(cluster, error.message.replace(/\.$/, ''), error);
    throw error;
  }
}

function hideSecrets(config: KubeConfig): void {
  const { token, password, keyData } = config.getCurrentUser() ?? {};
  for (const secret of [token, password, keyData]) if (secret) hide(secret);
}

/** What comes of files and exec plugins. */
function hideCredentials({ headers, auth }: RequestOptions): void {
  const { Authorization = '' } = headers as Readonly<Record<string, string>>;
  const [, credentials] = /^\S+ (.+)$/.exec(Authorization) ?? [];
  if (credentials !== undefined) hide(credentials);
  if (auth) hide(Buffer.from(auth).toString('base64'));
}

function unusable(cluster: string, why: string, cause?: unknown): ApportionError {
  return kubernetesError('kubeconfig_unusable', `The kubeconfig of ${cluster} cannot be used: ${why}.`, cause);
}
