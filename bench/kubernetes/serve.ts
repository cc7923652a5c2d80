/** A child process that answers as the API server of a large cluster: all that it says is made beforehand. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const PODS_PER_DEPLOYMENT = 5;
/** A Deployment keeps ten old ones. */
const REPLICA_SETS_PER_DEPLOYMENT = 11;

const count = Number(process.argv[2]);
const started = new Date(Date.now() - 86_400_000).toISOString().replace(/\.\d+/, '');

const pods = Array.from({ length: count }, (_, n) => JSON.stringify(podOf(n)));
const replicaSets = Array.from({ length: (count / PODS_PER_DEPLOYMENT) * REPLICA_SETS_PER_DEPLOYMENT }, (_, n) =>
  JSON.stringify(replicaSetOf(n)),
);

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server');
  response.setHeader('content-type', 'application/json');
  if (pathname === '/api/v1/pods') response.end(pageOf(pods, searchParams));
  else if (pathname === '/apis/apps/v1/replicasets') response.end(pageOf(replicaSets, searchParams));
  else response.end(usageNow());
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const mib = Math.round(pods.reduce((sum, pod) => sum + pod.length, 0) / 2 ** 20);
process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, mib });

function pageOf(items: readonly string[], query: URLSearchParams): string {
  const from = Number(query.get('continue') ?? '0');
  const to = from + Number(query.get('limit'));
  const mark = to < items.length ? String(to) : '';
  return `{"kind":"List","metadata":{"resourceVersion":"1","continue":"${mark}"},"items":[${items.slice(from, to)}]}`;
}

function deploymentOf(pod: number): number {
  return Math.floor(pod / PODS_PER_DEPLOYMENT);
}

function placeOf(deployment: number) {
  return { namespace: `team-${deployment % 100}`, name: `service-${deployment}` };
}

function podOf(n: number): object {
  const { namespace, name } = placeOf(deploymentOf(n));
  const replicaSet = deploymentOf(n) * REPLICA_SETS_PER_DEPLOYMENT;
  const container = (role: string) => ({
    ...{ name: role, image: `registry.example.com/${namespace}/${name}-${role}@sha256:${'0f'.repeat(32)}` },
    ...{ imagePullPolicy: 'IfNotPresent', terminationMessagePath: '/dev/termination-log' },
    env: Array.from({ length: 15 }, (_, v) => ({ name: `SETTING_${v}`, value: `value-of-${name}-${v}` })),
    ports: [{ containerPort: 8080, name: 'http', protocol: 'TCP' }],
    resources: { limits: { memory: '1Gi' }, requests: { cpu: '250m', memory: '512Mi' } },
    livenessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 10, failureThreshold: 3 },
    volumeMounts: [{ mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', name: 'kube-api-access' }],
  });
  const condition = (type: string) => ({ type, status: 'True', lastProbeTime: null, lastTransitionTime: started });
  return {
    metadata: {
      ...{ namespace, name: `${name}-7f9c-${n}`, uid: `pod-${n}`, creationTimestamp: started, resourceVersion: `${n}` },
      labels: { app: name, 'app.kubernetes.io/part-of': namespace, 'pod-template-hash': '7f9c', team: namespace },
      annotations: { 'prometheus.io/scrape': 'true', checksum: 'ab'.repeat(32) },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: `set-${replicaSet}`, controller: true },
      ],
      managedFields: managedFields(20),
    },
    spec: {
      ...{ nodeName: `node-${n % 300}`, serviceAccountName: name, restartPolicy: 'Always' },
      containers: [container('app'), container('proxy')],
      tolerations: Array.from({ length: 2 }, () => ({ effect: 'NoExecute', operator: 'Exists' })),
    },
    status: {
      ...{ phase: 'Running', startTime: started, podIP: '10.1.2.3', hostIP: '10.0.0.1', qosClass: 'Burstable' },
      conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(
        condition,
      ),
      containerStatuses: ['app', 'proxy'].map((role) => ({
        ...{ name: role, ready: true, restartCount: 0, state: { running: { startedAt: started } } },
        ...{ imageID: `registry.example.com/${name}@sha256:${'0f'.repeat(32)}`, containerID: 'ab'.repeat(32) },
        resources: { limits: { memory: '1Gi' }, requests: { cpu: '250m', memory: '512Mi' } },
      })),
    },
  };
}

function replicaSetOf(n: number): object {
  const { namespace, name } = placeOf(Math.floor(n / REPLICA_SETS_PER_DEPLOYMENT));
  return {
    metadata: {
      ...{ namespace, name: `${name}-${n}`, uid: `set-${n}`, creationTimestamp: started, labels: { app: name } },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name, uid: `deployment-${name}`, controller: true },
      ],
      managedFields: managedFields(8),
    },
  };
}

/** Who has set which field: a third of what the API server says of an object. */
function managedFields(count: number): readonly object[] {
  const fields = Array.from({ length: count }, (_, f) => [
    `f:field-of-the-specification-${f}`,
    { '.': {}, 'f:value': {} },
  ]);
  return [
    { manager: 'kube-controller-manager', operation: 'Update', fieldsV1: { 'f:spec': Object.fromEntries(fields) } },
  ];
}

function usageNow(): string {
  const timestamp = new Date(Date.now() + 3_600_000).toISOString();
  const items = Array.from({ length: count }, (_, n) => {
    const { namespace, name } = placeOf(deploymentOf(n));
    const containers = ['app', 'proxy'].map((role) => ({ name: role, usage: { cpu: `${n}1234n`, memory: '71252Ki' } }));
    return { metadata: { namespace, name: `${name}-7f9c-${n}` }, timestamp, window: '15.009s', containers };
  });
  return JSON.stringify({ kind: 'PodMetricsList', metadata: {}, items });
}
