import { join } from 'node:path';
import { runToEnd } from '../../../local/run.ts';
import { realServerError } from '../errors.ts';
import { type Cluster, kubeconfigFile } from './cluster.ts';

/** What our poller may do, as users apply it. */
export const pollerRoleFile = join(import.meta.dirname, '../../../deploy/kubernetes/poller-role.yaml');

/** What a cluster has before any workload: two nodes, the metrics API, and a reader with the rights of our poller. */
export function clusterObjects({ ports }: Cluster): unknown {
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [node('node-0'), node('node-1'), ...metricsApi(ports.metricsServer), readerBinding],
  };
}

/** Runs kubectl as the administrator, and gives what it said. Errors: `real_server_ended` with what it said. */
export async function kubectl(cluster: Cluster, ...args: readonly string[]): Promise<string> {
  const file = join(cluster.programs.kubernetes, 'kubectl');
  const run = await runToEnd(file, [`--kubeconfig=${kubeconfigFile(cluster.folder)}`, ...args]);
  if (run.code !== 0) {
    throw realServerError('real_server_ended', `kubectl ${args.join(' ')} failed:\n${run.output.trim()}`);
  }
  return run.output;
}

function node(name: string): unknown {
  const room = { cpu: '8', memory: '32Gi', pods: '110' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      // Where metrics-server finds what kwok says of this node.
      annotations: { 'metrics.k8s.io/resource-metrics-path': `/metrics/nodes/${name}/metrics/resource` },
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'node.kubernetes.io/instance-type': 'm5.2xlarge',
        'topology.kubernetes.io/region': 'us-east-1',
        'topology.kubernetes.io/zone': 'us-east-1a',
      },
    },
    spec: { providerID: `aws:///us-east-1a/i-${name}` },
    status: { allocatable: room, capacity: room },
  };
}

/** By a service with an external name: endpoints on a loopback address are refused. */
function metricsApi(port: number): readonly unknown[] {
  const service = { name: 'metrics-server', namespace: 'kube-system' };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: service,
      spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port, protocol: 'TCP' }] },
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1beta1.metrics.k8s.io' },
      spec: {
        group: 'metrics.k8s.io',
        version: 'v1beta1',
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { ...service, port },
      },
    },
  ];
}

const readerBinding = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'readers' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'apportion-poller' },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'readers' }],
};
