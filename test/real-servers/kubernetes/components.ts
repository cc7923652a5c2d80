import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Supervised, start, stop } from '../supervised.ts';
import { askUpstream } from '../upstream.ts';
import { type Cluster, certificateFile, etcdUrl, kubeconfigFile, tokens } from './cluster.ts';

/** In the order in which they start. */
export const componentNames = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
  'metrics-server',
] as const;

export type ComponentName = (typeof componentNames)[number];

/** Starts one server of the cluster, and returns when it answers. Errors: see `start`. */
export function startComponent(cluster: Cluster, name: ComponentName): Promise<void> {
  return start(components[name](cluster));
}

export function stopComponent({ folder }: Pick<Cluster, 'folder'>, name: ComponentName): Promise<void> {
  return stop(folder, name);
}

const components: Readonly<Record<ComponentName, (cluster: Cluster) => Supervised>> = {
  etcd: (cluster) => {
    const peer = `http://127.0.0.1:${cluster.ports.etcdPeer}`;
    const args = [
      '--data-dir=etcd',
      // The cluster is thrown away: nothing needs to outlive a crash.
      '--unsafe-no-fsync',
      `--listen-client-urls=${etcdUrl(cluster)}`,
      `--advertise-client-urls=${etcdUrl(cluster)}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
    ];
    const answers = async (): Promise<boolean> => (await fetch(`${etcdUrl(cluster)}/health`)).ok;
    return { name: 'etcd', command: commandOf(cluster, cluster.programs.etcd, 'etcd', args), answers };
  },

  'kube-apiserver': (cluster) =>
    kubernetes(cluster, 'kube-apiserver', cluster.ports.apiServer, '/readyz', [
      `--etcd-servers=${etcdUrl(cluster)}`,
      // Versions older than this are thrown away, after 5 minutes elsewhere: a list read slower than that is cut off.
      '--etcd-compaction-interval=15s',
      '--token-auth-file=tokens.csv',
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://apportion.test',
      '--service-account-key-file=sa.pub',
      '--service-account-signing-key-file=sa.key',
      '--service-cluster-ip-range=10.96.0.0/16',
      // A loopback address is refused as the one to advertise.
      '--endpoint-reconciler-type=none',
      // Pods may be made without a service account, before there is one.
      '--disable-admission-plugins=ServiceAccount',
      '--allow-privileged=true',
      '--client-ca-file=proxy-ca.crt',
      '--requestheader-client-ca-file=proxy-ca.crt',
      '--requestheader-allowed-names=front-proxy',
      '--requestheader-username-headers=X-Remote-User',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      '--proxy-client-cert-file=proxy.crt',
      '--proxy-client-key-file=proxy.key',
    ]),

  'kube-controller-manager': (cluster) =>
    kubernetes(cluster, 'kube-controller-manager', cluster.ports.controllerManager, '/healthz', [
      ...asAdministrator(cluster),
      '--leader-elect=false',
      '--service-account-private-key-file=sa.key',
    ]),

  'kube-scheduler': (cluster) =>
    kubernetes(cluster, 'kube-scheduler', cluster.ports.scheduler, '/healthz', [
      ...asAdministrator(cluster),
      '--leader-elect=false',
    ]),

  kwok: (cluster) => {
    const address = `127.0.0.1:${cluster.ports.kwok}`;
    const args = [
      `--kubeconfig=${kubeconfigFile(cluster.folder)}`,
      '--manage-all-nodes',
      // A node without a lease counts as lost after 50 s, and kwok then forgets its address. When kwok is started anew, it
      // waits for the end of the leases that it had.
      '--node-lease-duration-seconds=10',
      '--node-ip=127.0.0.1',
      `--node-port=${cluster.ports.kwok}`,
      `--server-address=${address}`,
      '--tls-cert-file=tls.crt',
      '--tls-private-key-file=tls.key',
      `--config=${join(cluster.programs.kwok, 'kwok.yaml')}`,
    ];
    const command = commandOf(cluster, cluster.programs.kwok, 'kwok', args);
    return { name: 'kwok', command, answers: () => isWell(cluster, `https://${address}`, '/healthz') };
  },

  'metrics-server': (cluster) => {
    const port = cluster.ports.metricsServer;
    const args = [
      ...asAdministrator(cluster),
      ...listening(port),
      '--kubelet-insecure-tls',
      // Without it the kubelets are looked for on port 10250.
      '--kubelet-use-node-status-port',
      // The least there is; it must be more than the time-out.
      '--metric-resolution=10s',
      '--kubelet-request-timeout=5s',
    ];
    const command = commandOf(cluster, cluster.programs.metricsServer, 'metrics-server', args);
    return { name: 'metrics-server', command, answers: () => isWell(cluster, `https://127.0.0.1:${port}`, '/livez') };
  },
};

function kubernetes(
  cluster: Cluster,
  name: ComponentName,
  port: number,
  path: string,
  args: readonly string[],
): Supervised {
  const command = commandOf(cluster, cluster.programs.kubernetes, name, [...listening(port), ...args]);
  return { name, command, answers: () => isWell(cluster, `https://127.0.0.1:${port}`, path) };
}

function commandOf({ folder }: Cluster, program: string, name: string, args: readonly string[]): Supervised['command'] {
  return { file: join(program, name), args, env: {}, cwd: folder };
}

function listening(port: number): readonly string[] {
  return [
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    '--tls-cert-file=tls.crt',
    '--tls-private-key-file=tls.key',
  ];
}

function asAdministrator({ folder }: Cluster): readonly string[] {
  return ['', 'authentication-', 'authorization-'].map((what) => `--${what}kubeconfig=${kubeconfigFile(folder)}`);
}

async function isWell(cluster: Cluster, url: string, path: string): Promise<boolean> {
  const upstream = { url, certificate: readFileSync(certificateFile(cluster.folder), 'utf8') };
  const headers = { authorization: `Bearer ${tokens.admin}` };
  const { status } = await askUpstream(upstream, { method: 'GET', path, headers, body: Buffer.alloc(0) });
  return status === 200;
}
