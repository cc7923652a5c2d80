import { isIPv6 } from 'node:net';
import {
  ApiException,
  CoreV1Api,
  createConfiguration,
  KubeConfig,
  ServerConfiguration,
  type V1Pod,
} from '@kubernetes/client-node';
import { ApportionError } from '../../runtime/errors.ts';
import { describeFailure, excerpt } from '../../runtime/http/failure.ts';
import type { PollRun } from '../poller.ts';
import { sourceError } from '../polling/errors.ts';
import type { KubernetesSettings } from './kubernetes-settings.ts';
import { MAX_PODS, type Pod } from './pods.ts';

/**
 * Lists the pods that fit the selector, but for those that have ended.
 *
 * @throws ApportionError `bad_settings`, `source_unauthorized`, `source_forbidden`, `source_refused`, `source_away`,
 *   `source_garbled`, `no_data` when there are none, `run_too_large` when there are more than `MAX_PODS`
 */
export async function listPods(run: PollRun, settings: KubernetesSettings): Promise<readonly Pod[]> {
  const { namespace, selector, port } = settings;
  const what = `pods with ${selector} in the namespace ${namespace}`;
  const api = connect(settings, AbortSignal.any([run.signal, AbortSignal.timeout(LIST_MS)]));
  await run.countRequest();
  const list = await api
    .listNamespacedPod({ namespace, labelSelector: selector, limit: MAX_PODS + 1 })
    .catch((error: unknown) => {
      throw run.signal.aborted ? run.signal.reason : ofFailure(error, what);
    });
  if (!Array.isArray(list.items)) throw sourceError('source_garbled', `Kubernetes gives no list of ${what}.`);
  const pods = list.items.flatMap((pod) => podOf(pod, port));
  if (list.items.length > MAX_PODS) {
    throw sourceError('run_too_large', `There are more than ${MAX_PODS} ${what}: have a poller for each part of them.`);
  }
  if (pods.length === 0) throw sourceError('no_data', `There are no ${what}.`);
  return pods;
}

const LIST_MS = 30_000;

function connect(settings: KubernetesSettings, signal: AbortSignal): CoreV1Api {
  const config = kubeConfigOf(settings);
  return new CoreV1Api(
    createConfiguration({
      baseServer: new ServerConfiguration(config.getCurrentCluster()?.server ?? '', {}),
      authMethods: { default: config },
      promiseMiddleware: [
        {
          pre: async (request) => {
            request.setSignal(signal);
            return request;
          },
          post: async (response) => response,
        },
      ],
    }),
  );
}

/** Read anew for each run, so that a rotated credential needs no restart. */
function kubeConfigOf({ kubeconfig, context }: KubernetesSettings): KubeConfig {
  const config = new KubeConfig();
  try {
    if (kubeconfig !== null) config.loadFromFile(kubeconfig);
    else if (process.env['KUBERNETES_SERVICE_HOST'] === undefined) throw new Error('this process runs in no cluster');
    else config.loadFromCluster();
    if (context !== null) config.setCurrentContext(context);
    if (config.getCurrentCluster() === null) throw new Error(`it has no cluster of the context ${context}`);
    return config;
  } catch (cause) {
    throw new ApportionError(
      'bad_settings',
      `The kubeconfig ${kubeconfig ?? 'of the service account'} cannot be used: ${describeFailure(cause)}.`,
      'Mend kubernetes.kubeconfig and kubernetes.context in the settings of this poller.',
      { cause },
    );
  }
}

function podOf({ metadata, status }: V1Pod, port: number): readonly Pod[] {
  const { uid, name, creationTimestamp } = metadata ?? {};
  const { phase = '', podIP } = status ?? {};
  if (uid === undefined || name === undefined || ENDED.has(phase)) return [];
  const isPending = phase === 'Pending';
  const url = isPending || podIP === undefined ? null : new URL(`http://${hostOf(podIP)}:${port}/metrics`);
  return [{ id: uid, name, url, isPending, createdAt: creationTimestamp?.getTime() ?? null }];
}

function hostOf(ip: string): string {
  return isIPv6(ip) ? `[${ip}]` : ip;
}

const ENDED: ReadonlySet<string> = new Set(['Succeeded', 'Failed']);

function ofFailure(error: unknown, what: string): ApportionError {
  if (!(error instanceof ApiException)) {
    const reason = describeFailure(error);
    return sourceError('source_away', `Kubernetes cannot be asked for the ${what}: ${reason}.`, error);
  }
  const said = typeof error.body === 'string' ? `: ${excerpt(error.body)}` : '';
  const message = `Kubernetes, asked for the ${what}, answered ${error.code}${said}.`;
  if (error.code === 401) return sourceError('source_unauthorized', message, error);
  if (error.code === 403) return sourceError('source_forbidden', message, error);
  return sourceError(error.code === 429 || error.code >= 500 ? 'source_away' : 'source_refused', message, error);
}
