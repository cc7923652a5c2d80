/** What our kubernetes poller relies on, and what it must stand. Its own questions are in kubernetes-poller.real.ts. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runToEnd } from '../../local/run.ts';
import { eventually } from '../integration/stack.ts';
import { realKubernetes } from './environment.ts';
import { type ApiObject, ask, askList, askPages, parseStatus } from './kubernetes/api-client.ts';
import { readCluster } from './kubernetes/cluster.ts';
import { startComponent, stopComponent } from './kubernetes/components.ts';
import { Recorder } from './recorder.ts';

const pods = '/api/v1/pods';
const replicaSets = '/apis/apps/v1/replicasets';
const jobs = '/apis/batch/v1/jobs';
const podMetrics = '/apis/metrics.k8s.io/v1beta1/pods';

const cluster = realKubernetes();
const reader = cluster.readerToken;

/** The API server without its certificate. */
let api: Recorder;

before(async () => {
  api = await Recorder.before({ url: cluster.url, certificate: readFileSync(cluster.certificateFile, 'utf8') });
  await kubectl('apply', '-f', join(import.meta.dirname, 'kubernetes/workload.yaml'));
  await eventually(
    'all pods run, and one of the CronJob has completed',
    async () => {
      const { items } = await askList(api.url, pods, reader);
      const count = (phase: string): number => items.filter(({ status }) => status?.phase === phase).length;
      return count('Running') === 8 && count('Succeeded') > 0;
    },
    120_000,
  );
});
after(() => api.close());

test('the owner of a pod leads to what a person has made', async () => {
  const owners = await ownersOfPods();
  assert.deepEqual(owners.get('api'), ['Deployment/api']);
  assert.deepEqual(owners.get('store'), ['StatefulSet/store']);
  assert.deepEqual(owners.get('agent'), ['DaemonSet/agent']);
  assert.deepEqual(owners.get('nightly'), ['CronJob/nightly']);
  assert.deepEqual(owners.get('by-hand'), ['Pod/by-hand']);
});

test('a list in pages is the whole list, and tells how much remains', async () => {
  const whole = await askList(api.url, pods, reader);
  const pages = await askPages(api.url, pods, 4, reader);
  assert.ok(pages.length >= 3);
  const later = pages.slice(1).flatMap(({ items }) => items);
  assert.equal(pages[0]?.metadata.remainingItemCount, later.length);
  assert.deepEqual(lasting(pages.flatMap(({ items }) => items)), lasting(whole.items));
});

test('a page whose version is gone is 410 with a token that goes on, at the newest version', async () => {
  const first = await askList(api.url, `${pods}?limit=4`, reader);
  // Something must change after the first page, or its version would be the newest one, which is never gone.
  await kubectl('annotate', 'pod', '-n', 'team-b', 'by-hand', 'touched=yes', '--overwrite');
  const path = `${pods}?limit=4&continue=${encodeURIComponent(first.metadata.continue ?? '')}`;
  await eventually('the version is gone', async () => (await ask(api.url, path, reader)).status === 410, 120_000);
  const answer = await ask(api.url, path, reader);
  assert.equal(answer.status, 410);
  const { reason, metadata } = parseStatus(answer);
  assert.equal(reason, 'Expired');
  const rest = await askList(
    api.url,
    `${pods}?limit=500&continue=${encodeURIComponent(metadata.continue ?? '')}`,
    reader,
  );
  assert.deepEqual(lasting([...first.items, ...rest.items]), lasting((await askList(api.url, pods, reader)).items));
});

test('a token that is none is 400', async () => {
  const answer = await ask(api.url, `${pods}?limit=4&continue=none`, reader);
  assert.equal(answer.status, 400);
  assert.equal(parseStatus(answer).reason, 'BadRequest');
});

test('an unknown bearer is 401', async () => {
  assert.equal((await ask(api.url, pods, 'nobody')).status, 401);
});

describe('the role of the poller', () => {
  for (const path of [pods, replicaSets, jobs, podMetrics]) {
    test(`may list ${path}`, async () => {
      assert.equal((await ask(api.url, path, reader)).status, 200);
    });
  }

  for (const [method, path] of [
    ['GET', '/api/v1/secrets'],
    ['GET', '/api/v1/nodes'],
    ['GET', '/api/v1/namespaces/team-b/pods/by-hand'],
    ['GET', '/api/v1/namespaces/team-b/pods/by-hand/log'],
    ['GET', `${pods}?watch=1`],
    ['DELETE', '/api/v1/namespaces/team-b/pods/by-hand'],
    ['GET', '/apis/apps/v1/deployments'],
    ['GET', '/apis/metrics.k8s.io/v1beta1/nodes'],
  ] as const) {
    test(`may not ${method} ${path}`, async () => {
      const answer = await ask(api.url, path, reader, method);
      assert.equal(answer.status, 403);
      assert.equal(parseStatus(answer).reason, 'Forbidden');
    });
  }
});

test('usage comes as nano-cores, or larger parts where they are whole, and binary bytes of running pods alone, all of them whatever the limit', async () => {
  const items = await eventually(
    'all running pods have usage',
    async () => {
      const list = await askList(api.url, `${podMetrics}?limit=1`, reader);
      assert.equal(list.metadata.continue, undefined);
      return list.items.length === 8 && list.items;
    },
    90_000,
  );
  assert.ok(items.every(({ metadata }) => !metadata.name.startsWith('nightly')));
  for (const { metadata, containers } of items) {
    assert.equal(metadata.uid, undefined);
    for (const { usage } of containers ?? []) {
      assert.match(usage.cpu, /^\d+[num]$/);
      assert.match(usage.memory, /^\d+(Ki|Mi|Gi)$/);
    }
  }
});

test('a pod that takes the place of another has its name, and an id of its own', async () => {
  const idOf = async (name: string): Promise<string | undefined> =>
    (await askList(api.url, pods, reader)).items.find(({ metadata }) => metadata.name === name)?.metadata.uid;
  const [replaced, other] = [await idOf('store-0'), await idOf('store-1')];
  await kubectl('delete', 'pod', '-n', 'team-b', 'store-0');
  await eventually('there is another one', async () => ![undefined, replaced].includes(await idOf('store-0')));
  assert.equal(await idOf('store-1'), other);
});

test('without metrics-server usage is 503 in plain text; after its start it is an empty list, and then there again', async () => {
  const own = readCluster(cluster.folder);
  const usage = (): ReturnType<typeof ask> => ask(api.url, podMetrics, reader);
  await stopComponent(own, 'metrics-server');
  try {
    await eventually('the API server sees that it is away', async () => (await usage()).status === 503);
    const away = await usage();
    assert.equal(away.status, 503);
    assert.match(away.contentType, /^text\/plain/);
  } finally {
    await startComponent(own, 'metrics-server');
  }
  await eventually('the API server sees that it is back', async () => (await usage()).status === 200);
  assert.deepEqual((await askList(api.url, podMetrics, reader)).items, []);
  await eventually('it has usage', async () => (await askList(api.url, podMetrics, reader)).items.length === 8, 90_000);
});

/** By the first word of a pod's name, which is the workload's: who owns it in the end, as `Deployment/api`. */
async function ownersOfPods(): Promise<ReadonlyMap<string, readonly string[]>> {
  const lists = await Promise.all([replicaSets, jobs].map((path) => askList(api.url, path, reader)));
  const between = lists.flatMap(({ items }) => items);
  const owners = new Map<string, readonly string[]>();
  for (const pod of (await askList(api.url, pods, reader)).items) {
    const first = controllerOf(pod);
    const hop = between.find(({ metadata }) => metadata.uid === first?.uid);
    const owner = (hop === undefined ? first : controllerOf(hop)) ?? { kind: 'Pod', name: pod.metadata.name };
    const workload = ['api', 'store', 'agent', 'nightly', 'by-hand'].find((name) => pod.metadata.name.startsWith(name));
    owners.set(workload ?? '', [...new Set([...(owners.get(workload ?? '') ?? []), `${owner.kind}/${owner.name}`])]);
  }
  return owners;
}

function controllerOf({ metadata }: ApiObject): { kind: string; name: string; uid: string } | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** The names in their order, without the pods of the CronJob, which come and go while the tests look. */
function lasting(items: readonly ApiObject[]): readonly string[] {
  const names = items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  return names.filter((name) => !name.startsWith('team-a/nightly'));
}

async function kubectl(...args: readonly string[]): Promise<void> {
  const run = await runToEnd(cluster.kubectl, [`--kubeconfig=${cluster.kubeconfig}`, ...args]);
  assert.equal(run.code, 0, run.output);
}
