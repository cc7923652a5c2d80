import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS } from '../../../schemas/day.ts';
import { standingUsage } from '../standing.ts';
import type { UpstreamAnswer, UpstreamRequest } from '../upstream.ts';
import { refusal } from './api-server.ts';
import { kubeconfigOf, written } from './kubeconfig.ts';
import { keyOf, MINUTE, NOW, opened, pod } from './opened.ts';

const CPU = 'cpu_usage_millicore_seconds';
const CPU_REQUEST = 'cpu_request_millicore_seconds';

test('pods are metered under what a person has made', async () => {
  await using at = await opened([
    pod({ name: 'api-7f-a', controller: 'ReplicaSet/api-7f' }),
    pod({ name: 'canary-1-a', controller: 'ReplicaSet/canary-1' }),
    pod({ name: 'gone-1-a', controller: 'ReplicaSet/gone-1' }),
    pod({ name: 'nightly-1-a', controller: 'Job/nightly-1' }),
    pod({ name: 'once-a', controller: 'Job/once' }),
    pod({ name: 'store-0', controller: 'StatefulSet/store' }),
    pod({ name: 'agent-a', controller: 'DaemonSet/agent' }),
    pod({ name: 'by-hand' }),
  ]);
  at.server.links.set('ReplicaSet/api-7f', 'Deployment/api');
  at.server.links.set('ReplicaSet/canary-1', 'Rollout/canary');
  at.server.links.set('Job/nightly-1', 'CronJob/nightly');
  await at.polled.poll();
  await at.pollMinutes(5);
  assert.deepEqual(
    new Set(at.polled.samples.map(({ owner }) => owner)),
    new Set([
      ...['', 'Deployment/api', 'Rollout/canary', 'ReplicaSet/gone-1', 'CronJob/nightly', 'Job/once'],
      ...['StatefulSet/store', 'DaemonSet/agent', 'Pod/by-hand'],
    ]),
  );
});

test('ReplicaSets and Jobs are listed when a pod comes with a new one, and else not again', async () => {
  await using at = await opened([
    pod({ name: 'api-7f-a', controller: 'ReplicaSet/api-7f' }),
    pod({ name: 'gone-1-a', controller: 'ReplicaSet/gone-1' }),
  ]);
  at.server.links.set('ReplicaSet/api-7f', 'Deployment/api');
  const lists = () => at.upstream.requests.filter(({ path }) => path.endsWith('/replicasets')).length;
  await at.polled.poll();
  await at.pollMinutes(3);
  assert.equal(lists(), 1);
  at.server.pods.push(pod({ name: 'api-80-a', controller: 'ReplicaSet/api-80' }));
  await at.pollMinutes(2);
  assert.equal(lists(), 2);
  assert.ok(at.upstream.requests.every(({ path }) => !path.endsWith('/jobs')));
});

test('what is too little for a unit counts in the next window', async () => {
  await using at = await opened([pod({ name: 'idle', usage: { cpu: '1234567n', memory: '1Ki' } })]);
  await at.polled.poll();
  await at.pollMinutes(60);
  // 3,600 s of 1.234567 millicores, and of 1/1024 MiB.
  assert.equal(at.sum(CPU, 'Pod/idle'), 4444);
  assert.equal(at.sum('memory_usage_mib_seconds', 'Pod/idle'), 3);
});

test('a page that is asked for too late is taken up where the list stands now', async () => {
  await using at = await opened(['a', 'b', 'c', 'd', 'e'].map((name) => pod({ name })));
  const real = at.server.answer.bind(at.server);
  at.server.answer = (request): UpstreamAnswer => {
    if (isPage(request, '2')) return refusal(410, 'Expired', { continue: 'later-2' });
    return real(isPage(request, 'later-2') ? withMark(request, '2') : request);
  };
  await at.polled.poll();
  assert.equal(at.polled.status.state, 'ok');
  await at.pollMinutes(5);
  assert.equal(at.sum('pod_seconds', 'Pod/e'), 300);
  assert.equal(at.upstream.requests.filter((request) => isPage(request, null)).length, 6, 'no list is begun anew');
});

test('a list that cannot be taken up is begun anew, and not without end', async () => {
  await using at = await opened(['a', 'b', 'c'].map((name) => pod({ name })));
  const real = at.server.answer.bind(at.server);
  let refusals = 1;
  at.server.answer = (request): UpstreamAnswer =>
    isPage(request, '2') && refusals-- > 0 ? refusal(410, 'Expired') : real(request);
  await at.polled.poll();
  assert.equal(at.polled.status.state, 'ok');
  refusals = Number.POSITIVE_INFINITY;
  const before = at.upstream.requests.length;
  await at.polled.poll();
  assert.equal(at.polled.status.state, 'failed_connection');
  assert.equal(at.upstream.requests.length - before, 6, 'three lists of two pages');
});

test('without a Metrics API, or while it is away, requests are metered and usage is said to be unknown', async () => {
  for (const [metrics, said] of [
    ['absent', /it has no Metrics API/],
    ['away', /what serves its Metrics API does not answer/],
  ] as const) {
    await using at = await opened([pod({ name: 'a' })]);
    at.server.metrics = metrics;
    await at.polled.poll();
    await at.pollMinutes(5);
    assert.equal(at.polled.status.warnings.length, 1);
    assert.match(at.polled.status.warnings.join(), said);
    assert.equal(at.polled.status.state, 'ok');
    assert.equal(at.sum(CPU_REQUEST, 'Pod/a'), 250 * 300);
    assert.equal(at.sum(CPU, 'Pod/a'), 0);
    assert.equal(at.sum('unmeasured_pod_seconds', 'Pod/a'), 300);
    at.server.metrics = 'there';
    await at.pollMinutes(5);
    assert.equal(at.sum(CPU, 'Pod/a'), 120 * 300);
    assert.equal(at.sum('unmeasured_pod_seconds', 'Pod/a'), 300);
  }
});

test('pods that are left out of the usage without a word are unmeasured, not idle, and told of', async () => {
  const names = ['a', 'b', 'c'];
  await using at = await opened(names.map((name) => pod({ name })));
  await at.polled.poll();
  await at.pollMinutes(3);
  at.server.pods = names.map((name) => pod({ name, ...(name === 'a' ? {} : { usage: null }) }));
  await at.pollMinutes(2);
  assert.match(at.polled.status.warnings.join(), /nobody knows what 2 running pods use, shop\/b for one/);
  assert.equal(at.sum(CPU, 'Pod/b'), 120 * 180);
  assert.equal(at.sum('unmeasured_pod_seconds', 'Pod/b'), 120);
  assert.equal(at.sum('unmeasured_pod_seconds', 'Pod/a'), 0);
  assert.equal(at.sum(CPU_REQUEST, 'Pod/b'), 250 * 300);
});

test('an empty list of usage, as before the first scrape, is told of; of pods that are new nothing is said', async () => {
  await using at = await opened([pod({ name: 'old', usage: null }), pod({ name: 'new', usage: null, startedAt: NOW })]);
  await at.polled.poll();
  assert.match(at.polled.status.warnings.join(), /what 1 running pods use, shop\/old for one/);
});

test('what was measured of another pod of that name, or long ago, is not what the pod uses', async () => {
  await using at = await opened([pod({ name: 'store-0', controller: 'StatefulSet/store' })]);
  await at.polled.poll();
  await at.pollMinutes(5);
  const measured = { cpu: '9', memory: '9Gi', at: at.clock.nowMs };
  const startedAt = at.clock.nowMs + 30_000;
  at.server.pods = [
    pod({ uid: 'uid-2', name: 'store-0', controller: 'StatefulSet/store', startedAt, usage: measured }),
  ];
  await at.pollMinutes(5);
  assert.equal(at.sum(CPU, 'StatefulSet/store'), 120 * 300);
  assert.equal(at.sum('unmeasured_pod_seconds', 'StatefulSet/store'), 270);
  assert.equal(at.sum('pod_seconds', 'StatefulSet/store'), 570);
  at.server.pods = [pod({ name: 'store-0', controller: 'StatefulSet/store', usage: measured })];
  await at.pollMinutes(10);
  assert.equal(at.sum(CPU, 'StatefulSet/store'), 120 * 300 + 9000 * 300, 'until it is ten minutes old');
});

test('pods that have ended are metered to the second, those without a node not at all', async () => {
  await using at = await opened([]);
  await at.polled.poll();
  const job = { controller: 'Job/short', usage: null, startedAt: NOW + 10_000 };
  at.server.pods = [
    pod({ name: 'short-a', ...job, endedAt: NOW + 15_000 }),
    pod({ name: 'short-b', ...job, endedAt: NOW + 40_000 }),
    pod({ name: 'waiting', startedAt: null, usage: null }),
  ];
  await at.pollMinutes(5);
  assert.equal(at.sum('pod_seconds', 'Job/short'), 35);
  assert.equal(at.sum(CPU_REQUEST, 'Job/short'), 35 * 250);
  assert.equal(at.sum('pod_seconds', 'Pod/waiting'), 0);
});

test('a gap that is too long is covered by nothing, and what came before it is published', async () => {
  await using at = await opened([pod({ name: 'a' })]);
  await at.polled.poll();
  await at.pollMinutes(7);
  at.clock.nowMs += 10 * MINUTE + 1;
  await at.polled.poll();
  assert.equal(at.sum('covered_seconds', '', ''), 420);
  await at.pollMinutes(10);
  assert.equal(at.sum('pod_seconds', 'Pod/a'), at.sum('covered_seconds', '', ''));
});

test('no window crosses midnight', async () => {
  await using at = await opened([pod({ name: 'a' })], { windowMinutes: 60 });
  at.clock.nowMs = NOW - (NOW % DAY_MS) + DAY_MS - 7 * MINUTE;
  await at.polled.poll();
  at.clock.nowMs += 9 * MINUTE;
  await at.polled.poll();
  const midnight = NOW - (NOW % DAY_MS) + DAY_MS;
  assert.deepEqual(new Set(at.polled.samples.map(({ windowEnd }) => windowEnd)), new Set([midnight]));
  assert.equal(at.sum('pod_seconds', 'Pod/a'), 420);
});

test('a clock that was set back meters nothing twice', async () => {
  await using at = await opened([pod({ name: 'a' })]);
  await at.polled.poll();
  await at.pollMinutes(10);
  at.clock.nowMs -= 7 * MINUTE;
  await at.polled.poll();
  assert.match(
    at.polled.status.warnings.join(),
    /the clock was set back; nothing is metered again before 2026-03-10T06:10/,
  );
  await at.pollMinutes(12);
  assert.equal(at.sum('covered_seconds', '', ''), 900);
});

test('tenant and product come from labels of the pod, or else of its namespace', async () => {
  await using at = await opened(
    [pod({ name: 'a', labels: { team: 'acme' } }), pod({ name: 'b' }), pod({ name: 'c', namespace: 'other' })],
    { tenantLabel: 'team', productLabel: 'app/part-of' },
  );
  at.server.namespaces.set('shop', { team: 'globex', 'app/part-of': 'asr' });
  await at.polled.poll();
  await at.pollMinutes(5);
  const seconds = at.polled.samples.filter(({ meter }) => meter === 'pod_seconds');
  assert.deepEqual(
    seconds.map(({ owner, tenant, product }) => [owner, tenant, product]),
    [
      ['Pod/a', 'acme', 'asr'],
      ['Pod/b', 'globex', 'asr'],
      ['Pod/c', '', ''],
    ],
  );
});

test('of chosen namespaces nothing is asked for the cluster as a whole', async () => {
  await using at = await opened([pod({ name: 'a' }), pod({ name: 'b', namespace: 'other' })], {
    cluster: { namespaces: ['shop'], selector: 'app=a' },
  });
  await at.polled.poll();
  await at.pollMinutes(5);
  assert.ok(at.upstream.requests.every(({ path }) => path.includes('/namespaces/shop/')));
  assert.ok(at.upstream.requests.every(({ query }) => query.get('labelSelector') === 'app=a'));
  assert.deepEqual(new Set(at.polled.samples.map(({ owner }) => owner)), new Set(['', 'Pod/a']));
});

test('a right that is missing is named', async () => {
  await using at = await opened([pod({ name: 'api-7f-a', controller: 'ReplicaSet/api-7f' })]);
  for (const [path, right] of [
    ['/apis/apps/v1/replicasets', 'replicasets.apps'],
    ['/apis/metrics.k8s.io/v1beta1/pods', 'pods.metrics.k8s.io'],
  ] as const) {
    at.upstream.disturb = (request) => (request.path === path ? { kind: 'status', status: 403 } : null);
    at.polled.restart();
    await at.polled.poll();
    assert.match(at.polled.status.detail, new RegExp(`prod-eu-1: this account may not list ${right} at ${path}`));
  }
});

test('a cluster that is broken does not keep the others from being metered', async () => {
  await using at = await opened([pod({ name: 'a' })]);
  const { url } = at.upstream;
  const broken = [
    { name: 'refused', kubeconfig: kubeconfigOf(url, 'another-token') },
    { name: 'missing', kubeconfig: 'file:/nowhere/kubeconfig' },
    { name: 'garbled', kubeconfig: written('{ token: planted-secret') },
    { name: 'unknown', kubeconfig: kubeconfigOf(url), context: 'nobody' },
  ];
  const clusters = [...broken, { name: 'prod-eu-1', kubeconfig: kubeconfigOf(url) }];
  await using all = await opened([], { clusters });
  const states = async () => {
    await all.polled.poll();
    return all.polled.status.accounts.map(({ account, state }) => `${account} ${state}`);
  };
  assert.deepEqual(await states(), [
    'refused failed_connection',
    'missing missing_configuration',
    'garbled missing_configuration',
    'unknown missing_configuration',
    'prod-eu-1 ok',
  ]);
  await all.pollMinutes(5);
  assert.equal(standingUsage(all.polled.samples).get(keyOf('pod_seconds', 'shop', 'Pod/a')), 300);
  const details = all.polled.status.accounts.map(({ detail }) => detail).join();
  assert.match(details, /kubeconfig of unknown cannot be used: it has no context nobody/);
  assert.ok(!details.includes('planted-secret'), details);
});

function isPage({ path, query }: UpstreamRequest, mark: string | null): boolean {
  return path === '/api/v1/pods' && query.get('continue') === mark;
}

function withMark(request: UpstreamRequest, mark: string): UpstreamRequest {
  const query = new URLSearchParams(request.query);
  query.set('continue', mark);
  return { ...request, query };
}
