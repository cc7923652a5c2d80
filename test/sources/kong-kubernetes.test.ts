import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { KongNode } from './kong-node.ts';
import { Polled, SOURCE_KEY } from './polled.ts';
import { standingUsage } from './standing.ts';
import { json, Upstream, type UpstreamAnswer, type UpstreamRequest } from './upstream.ts';

const NOW = Date.parse('2026-03-10T06:00:00Z');

interface FakePod {
  readonly uid: string;
  readonly createdAtMs: number;
  readonly phase: 'Pending' | 'Running' | 'Succeeded';
}

/** A Kubernetes API server that lists pods, the running ones of which are all the one Kong node on this machine. */
async function opened(t: TestContext) {
  const clock = { nowMs: NOW };
  const kong = new KongNode();
  const cluster = { pods: [] as FakePod[], isReplaced: false };
  const answer = ({ path, query, headers }: UpstreamRequest): UpstreamAnswer => {
    if (path === '/metrics') return kong.metrics();
    if (headers.authorization !== `Bearer ${SOURCE_KEY}`) return { status: 401, body: '{}' };
    if (cluster.isReplaced) return json({ message: 'Please sign in' });
    assert.equal(path, '/api/v1/namespaces/gateway/pods');
    assert.equal(query.get('labelSelector'), 'app=kong');
    return json({ apiVersion: 'v1', kind: 'PodList', metadata: {}, items: cluster.pods.map(podJson) });
  };
  const upstream = await Upstream.start(answer, () => clock.nowMs);
  const folder = await mkdtemp(join(tmpdir(), 'apportion-kong-'));
  t.after(() => rm(folder, { recursive: true }));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigOf(upstream.url));
  const kubernetes = {
    kubeconfig,
    namespace: 'gateway',
    selector: 'app=kong',
    port: Number(new URL(upstream.url).port),
  };
  const polled = new Polled({ name: 'kong', settings: { kubernetes, requestSeconds: 1 }, clock });
  const poll = () => {
    clock.nowMs += 30_000;
    return polled.poll();
  };
  const total = () => standingTotal(polled);
  return { clock, kong, cluster, upstream, kubernetes, polled, poll, total };
}

/** As the meter adds up: each identity once. */
function standingTotal({ samples }: Polled): number {
  return [...standingUsage(samples).values()].reduce((a, b) => a + b, 0);
}

function podJson({ uid, createdAtMs, phase }: FakePod) {
  return {
    metadata: {
      uid,
      name: `kong-${uid}`,
      namespace: 'gateway',
      creationTimestamp: new Date(createdAtMs).toISOString(),
    },
    status: { phase, ...(phase === 'Pending' ? {} : { podIP: '127.0.0.1' }) },
  };
}

function kubeconfigOf(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'here', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'poller', user: { token: SOURCE_KEY } }],
    contexts: [{ name: 'here', context: { cluster: 'here', user: 'poller' } }],
    'current-context': 'here',
  });
}

test('a pod that appears counts from its beginning, those of the first poll from then on', async (t) => {
  const { clock, kong, cluster, upstream, polled, poll, total } = await opened(t);
  await using _closing = upstream;
  cluster.pods = [{ uid: 'old', createdAtMs: NOW - 86_400_000, phase: 'Running' }];
  kong.answer({ service: 'asr' }, 1_000);
  await poll();
  assert.equal(total(), 0, 'nothing is invented at the first poll');

  cluster.pods = [{ uid: 'new', createdAtMs: clock.nowMs + 10_000, phase: 'Running' }];
  kong.restart();
  kong.answer({ service: 'asr' }, 5);
  await poll();
  assert.equal(total(), 5);
  assert.deepEqual(
    polled.samples.map(({ windowStart, windowEnd }) => windowEnd - windowStart),
    [20_000],
    'from the creation of the pod',
  );
  const states = [...polled.memory.state.keys()].filter((key) => key.startsWith('own/pod/'));
  assert.deepEqual(states, ['own/pod/new'], 'the pod that is gone is forgotten');
});

test('a pod that was waiting for its node counts from its beginning, however long it waited', async (t) => {
  const { kong, cluster, upstream, poll, total } = await opened(t);
  await using _closing = upstream;
  const createdAtMs = NOW - 3_600_000;
  cluster.pods = [{ uid: 'a', createdAtMs, phase: 'Pending' }];
  await poll();
  kong.answer({ service: 'asr' }, 5);
  cluster.pods = [{ uid: 'a', createdAtMs, phase: 'Running' }];
  await poll();
  assert.equal(total(), 5);
});

test('new pods that cannot be read at first lose nothing, nor take anything from each other', async (t) => {
  const { clock, kong, cluster, upstream, polled, poll, total } = await opened(t);
  await using _closing = upstream;
  cluster.pods = [{ uid: 'old', createdAtMs: NOW - 86_400_000, phase: 'Running' }];
  await poll();
  for (const uid of ['new', 'twin']) cluster.pods.push({ uid, createdAtMs: clock.nowMs, phase: 'Running' });
  kong.answer({ service: 'asr' }, 5);
  upstream.disturb = ({ path }) => (path === '/metrics' ? { kind: 'status', status: 404 } : null);
  for (let i = 0; i < 20; i++) await poll();
  polled.restart();
  upstream.disturb = () => null;
  await poll();
  assert.equal(total(), 15, 'all three pods are the same node');
});

test('an old pod that only now fits the selector is counted from then on', async (t) => {
  const { kong, cluster, upstream, poll, total } = await opened(t);
  await using _closing = upstream;
  cluster.pods = [{ uid: 'a', createdAtMs: NOW - 86_400_000, phase: 'Running' }];
  kong.answer({ service: 'asr' }, 1_000);
  await poll();
  cluster.pods = [{ uid: 'b', createdAtMs: NOW - 86_400_000, phase: 'Running' }];
  await poll();
  kong.answer({ service: 'asr' }, 2);
  await poll();
  assert.equal(total(), 2);
});

test('pods that have ended are left alone, and no pod at all is missing data', async (t) => {
  const { cluster, upstream, polled, poll } = await opened(t);
  await using _closing = upstream;
  cluster.pods = [{ uid: 'a', createdAtMs: NOW, phase: 'Succeeded' }];
  await assert.rejects(poll(), {
    code: 'no_data',
    message: 'There are no pods with app=kong in the namespace gateway.',
  });
  assert.equal(polled.status.state, 'missing_data');
});

test('more pods than a poller reads are refused', async (t) => {
  const { cluster, upstream, poll } = await opened(t);
  await using _closing = upstream;
  cluster.pods = Array.from({ length: 101 }, (_, i) => ({ uid: String(i), createdAtMs: NOW, phase: 'Pending' }));
  await assert.rejects(poll(), { code: 'run_too_large' });
});

for (const [status, code] of [
  [401, 'source_unauthorized'],
  [403, 'source_forbidden'],
  [404, 'source_refused'],
  [500, 'source_away'],
] as const) {
  test(`${status} from Kubernetes is ${code}, without the token, and forgets no pod`, async (t) => {
    const { kong, cluster, upstream, polled, poll, total } = await opened(t);
    await using _closing = upstream;
    cluster.pods = [{ uid: 'a', createdAtMs: NOW - 86_400_000, phase: 'Running' }];
    kong.answer({ service: 'asr' });
    await poll();
    kong.answer({ service: 'asr' }, 5);
    upstream.disturb = () => ({ kind: 'status', status });
    await assert.rejects(poll(), { code });
    assert.ok(!JSON.stringify([polled.status, polled.log]).includes(SOURCE_KEY));
    upstream.disturb = () => null;
    await poll();
    assert.equal(total(), 5);
  });
}

test('an answer that is no list is garbled', async (t) => {
  const { cluster, upstream, poll } = await opened(t);
  await using _closing = upstream;
  cluster.isReplaced = true;
  await assert.rejects(poll(), { code: 'source_garbled' });
});

test('a kubeconfig that is not there is a fault of the settings, and so is none outside a cluster', async (t) => {
  const { clock, kubernetes, upstream } = await opened(t);
  await using _closing = upstream;
  for (const [kubeconfig, message] of [
    ['/nowhere/kubeconfig', /\/nowhere\/kubeconfig cannot be used: ENOENT/],
    [null, /of the service account cannot be used: this process runs in no cluster/],
  ] as const) {
    const settings = { kubernetes: { ...kubernetes, kubeconfig } };
    const polled = new Polled({ name: 'kong', settings, clock });
    await assert.rejects(polled.poll(), { code: 'bad_settings', message });
    assert.equal(polled.status.state, 'missing_configuration');
  }
});
