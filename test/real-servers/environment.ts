/**
 * Where tests find the third-party servers: environment variables that the runner sets, read in this file alone. A test
 * file says what it needs by calling one of these functions: the runner looks for their names in its text.
 */
import { realServerError } from './errors.ts';

/** A Kubernetes cluster: see kubernetes.ts. */
export interface KubernetesAddresses {
  /** The API server, https, without a path. */
  readonly url: string;
  /** The certificate of the API server, PEM. A file. */
  readonly certificateFile: string;
  /** Of the administrator. A file. */
  readonly kubeconfig: string;
  /** Bearer tokens: may do everything, and only what deploy/kubernetes/poller-role.yaml allows. */
  readonly adminToken: string;
  readonly readerToken: string;
  readonly kubectl: string;
  /** The folder of the cluster, by which its servers can be stopped and started. */
  readonly folder: string;
}

const kubernetesVariables: Readonly<Record<keyof KubernetesAddresses, string>> = {
  url: 'REAL_KUBE_URL',
  certificateFile: 'REAL_KUBE_CERTIFICATE',
  kubeconfig: 'REAL_KUBECONFIG',
  adminToken: 'REAL_KUBE_ADMIN_TOKEN',
  readerToken: 'REAL_KUBE_READER_TOKEN',
  kubectl: 'REAL_KUBECTL',
  folder: 'REAL_KUBE_FOLDER',
};

const motoUrlVariable = 'REAL_MOTO_URL';

const recordVariable = 'REAL_RECORD';

/** Errors: `real_not_started`. */
export function realKubernetes(): KubernetesAddresses {
  return {
    url: variable(kubernetesVariables.url),
    certificateFile: variable(kubernetesVariables.certificateFile),
    kubeconfig: variable(kubernetesVariables.kubeconfig),
    adminToken: variable(kubernetesVariables.adminToken),
    readerToken: variable(kubernetesVariables.readerToken),
    kubectl: variable(kubernetesVariables.kubectl),
    folder: variable(kubernetesVariables.folder),
  };
}

/** The address of moto, which plays AWS, for the `endpoint` of a client; any region and credentials do. Errors: `real_not_started`. */
export function realMoto(): string {
  return variable(motoUrlVariable);
}

export function tellKubernetes(addresses: KubernetesAddresses): void {
  for (const [name, value] of Object.entries(addresses)) {
    process.env[kubernetesVariables[name as keyof KubernetesAddresses]] = value;
  }
}

export function tellMoto(url: string): void {
  process.env[motoUrlVariable] = url;
}

/** Whether recordings are to be written: they differ at each run, so only those who ask for new ones get them. */
export const isRecording = (): boolean => process.env[recordVariable] === 'yes';

export function tellRecording(): void {
  process.env[recordVariable] = 'yes';
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) {
    throw realServerError('real_not_started', `${name} is not set: the server of this test was not started.`);
  }
  return value;
}
