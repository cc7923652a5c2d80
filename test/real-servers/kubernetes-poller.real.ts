/**
 * The kubernetes poller before a real API server and metrics-server, with no more than the rights of its role. The
 * recordings are what `npm test` replays.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import { runToEnd } from '../../local/run.ts';
import type { UsageSample } from '../../schemas/usage-sample.ts';
import { eventually } from '../integration/stack.ts';
import { Polled } from '../sources/polled.ts';
import { standingUsage } from '../sources/standing.ts';
import { realKubernetes } from './environment.ts';
import type { Request } from './exchange.ts';
import { keepRecording } from './keep-recording.ts';
import { readCluster } from './kubernetes/cluster.ts';
import { startComponent, stopComponent } from './kubernetes/components.ts';
import { CLUSTER, clockAfter, MINUTE, ONE_WORKLOAD, polledBefore, TWO_WORKLOADS } from './kubernetes/polled-cluster.ts';
import { WORKLOADS } from './kubernetes/workload.ts';
import { Recorder } from './recorder.ts';
import { askUpstream } from './upstream.ts';

const podMetrics = '/apis/metrics.k8s.io/v1beta1/pods';

const cluster = realKubernetes();
const own = readCluster(cluster.folder);
const upstream = { url: cluster.url, certificate: readFileSync(cluster.certificateFile, 'utf8') };
const realTime = {
  get nowMs(): number {
    return Date.now();
  },
};

before(async () => {
  await kubectl('apply', '-f', join(import.meta.dirname, 'kubernetes/workload.yaml'));
  await metricsOf(8);
});

test('what real pods ask for and use is metered by workload, a restart in the middle included', async (t) => {
  const recorder = await recorderOf(t);
  const polled = polledBefore(recorder.url, realTime, '', cluster.readerToken);
  await nextMinute();
  await polled.poll();
  assert.equal(polled.status.state, 'ok', polled.status.detail);
  assert.deepEqual(polled.status.warnings, []);
  await runJobLate('nightly-late');
  await kubectl('delete', 'pod', '-n', 'team-b', 'store-0');
  await metricsOf(8);
  await nextMinute();
  await polled.poll();
  polled.restart();
  await nextMinute();
  await polled.poll();
  await keepRecording(recorder, 'kubernetes/poller');

  const last = Math.max(...polled.samples.map(({ windowEnd }) => windowEnd));
  const window = polled.samples.filter(({ windowEnd }) => windowEnd === last);
  assert.equal(quantityOf(window, 'covered_seconds', ''), 60);
  for (const { owner, pods, request, usage } of WORKLOADS) {
    const of = (meter: string): number => quantityOf(window, meter, owner);
    assert.equal(of('pod_seconds'), pods * 60, owner);
    assert.equal(of('unmeasured_pod_seconds'), 0, owner);
    assert.equal(of('cpu_request_millicore_seconds'), pods * 60 * request.cpu, owner);
    assert.equal(of('memory_request_mib_seconds'), pods * 60 * request.memory, owner);
    assert.equal(of('memory_usage_mib_seconds'), pods * 60 * usage.memory, owner);
    const cpu = of('cpu_usage_millicore_seconds') / (pods * 60);
    assert.ok(Math.abs(cpu - usage.cpu) < usage.cpu / 5, `${owner} uses ${cpu} millicores, not ${usage.cpu}`);
  }
  assert.ok(quantityOf(polled.samples, 'pod_seconds', 'CronJob/nightly') >= 3);
  standingUsage(polled.samples);
});

test('a list that has expired between two pages is taken up, and no pod is missing', async (t) => {
  let isLate = false;
  const recorder = await recorderOf(t, async (request) => {
    if (isLate && request.path.includes('continue=')) {
      isLate = false;
      await expire(request);
    }
  });
  const clock = clockAfter(Date.now());
  const polled = polledBefore(recorder.url, clock, TWO_WORKLOADS, cluster.readerToken);
  await polled.poll();
  isLate = true;
  clock.nowMs += MINUTE;
  await polled.poll();
  await keepRecording(recorder, 'kubernetes/expired-page');
  assert.equal(isLate, false, 'there was a second page');
  assert.deepEqual(polled.status.warnings, []);
  assert.equal(quantityOf(polled.samples, 'pod_seconds', 'Deployment/api'), 180);
  assert.equal(quantityOf(polled.samples, 'pod_seconds', 'StatefulSet/store'), 120);
});

test('while metrics-server is away, and until it has asked the nodes, usage is unknown, and requests are metered', async (t) => {
  const recorder = await recorderOf(t);
  const clock = clockAfter(Date.now());
  const polled = polledBefore(recorder.url, clock, ONE_WORKLOAD, cluster.readerToken);
  const pollAMinuteLater = async (): Promise<string> => {
    clock.nowMs += MINUTE;
    await polled.poll();
    return polled.status.warnings.join();
  };
  assert.equal(await pollAMinuteLater(), '');
  await stopComponent(own, 'metrics-server');
  try {
    await eventually('the API server sees that it is away', async () => (await askAsReader(podMetrics)).status === 503);
    assert.match(await pollAMinuteLater(), /what serves its Metrics API does not answer/);
  } finally {
    await startComponent(own, 'metrics-server');
  }
  await eventually('the API server sees that it is back', async () => (await askAsReader(podMetrics)).status === 200);
  assert.match(await pollAMinuteLater(), /nobody knows what 2 running pods use/);
  await metricsOf(8);
  assert.equal(await pollAMinuteLater(), '');
  await keepRecording(recorder, 'kubernetes/metrics-away');
  assert.equal(quantityOf(polled.samples, 'pod_seconds', 'StatefulSet/store'), 360);
  assert.equal(quantityOf(polled.samples, 'unmeasured_pod_seconds', 'StatefulSet/store'), 240);
  assert.equal(quantityOf(polled.samples, 'cpu_request_millicore_seconds', 'StatefulSet/store'), 360 * 3000);
});

test('over TLS the API server is known by its certificate, and lets in those alone whose token it knows', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'apportion-real-poller-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [token, state, detail] of [
    [cluster.readerToken, 'ok', /^/],
    ['token-of-nobody', 'failed_connection', /answered 401/],
  ] as const) {
    const clusters = [{ name: CLUSTER, kubeconfig: `file:${writeKubeconfig(folder, token)}` }];
    const polled = new Polled({ name: 'kubernetes', settings: { clusters }, clock: realTime });
    await polled.poll();
    assert.equal(polled.status.state, state, polled.status.detail);
    assert.match(polled.status.detail, detail);
  }
});

/**
 * Before the API server, which is asked for small pages: else a list would need 500 pods to have a second one.
 *
 * @param meet what is done before a question is passed on
 */
async function recorderOf(t: TestContext, meet: (question: Request) => Promise<void> = async () => {}) {
  const recorder = await Recorder.of(async (request) => {
    const question = { ...request, path: request.path.replace('limit=500', 'limit=4') };
    await meet(question);
    const { headers, ...answer } = await askUpstream(upstream, question);
    // Some tests have a clock of their own.
    const { date, ...others } = headers;
    return { ...answer, headers: others };
  });
  t.after(() => recorder.close());
  return recorder;
}

/** Returns when the API server no longer has the version of the list that this page is of. */
async function expire(page: Request): Promise<void> {
  // Something must change, or the version would be the newest one, which is never gone.
  await kubectl('annotate', 'pod', '-n', 'team-b', 'by-hand', `touched=${Date.now()}`, '--overwrite');
  await eventually('the version is gone', async () => (await askUpstream(upstream, page)).status === 410, 2 * MINUTE);
}

/** Makes a Job of the CronJob, whose pod a node takes at once, and runs only 3 s later: so it takes time. */
async function runJobLate(name: string): Promise<void> {
  await stopComponent(own, 'kwok');
  try {
    await kubectl('create', 'job', name, '-n', 'team-a', '--from=cronjob/nightly');
    const path = '{.items[*].status.conditions[?(@.type=="PodScheduled")].lastTransitionTime}';
    const ofJob = ['get', 'pods', '-n', 'team-a', '-l', `job-name=${name}`, '-o', `jsonpath=${path}`];
    await eventually('it has had a node for 3 s', async () => Date.now() - Date.parse(await kubectl(...ofJob)) > 3000);
  } finally {
    await startComponent(own, 'kwok');
  }
}

async function metricsOf(pods: number): Promise<void> {
  const isThere = async (): Promise<boolean> => {
    const { body } = await askAsReader(podMetrics);
    return (body.toString().match(/"timestamp"/g) ?? []).length >= pods;
  };
  await eventually('metrics-server knows all pods that run', isThere, 2 * MINUTE);
}

function askAsReader(path: string): ReturnType<typeof askUpstream> {
  const headers = { authorization: `Bearer ${cluster.readerToken}` };
  return askUpstream(upstream, { method: 'GET', path, headers, body: Buffer.alloc(0) });
}

function quantityOf(samples: readonly UsageSample[], meter: string, owner: string): number {
  const found = samples.filter((sample) => sample.meter === meter && sample.owner === owner);
  return found.reduce((sum, { quantity }) => sum + quantity, 0);
}

function nextMinute(): Promise<true> {
  const next = (Math.floor(Date.now() / MINUTE) + 1) * MINUTE;
  return eventually('the minute is over', () => Date.now() > next, 2 * MINUTE);
}

function writeKubeconfig(folder: string, token: string): string {
  const file = join(folder, `${token}.json`);
  const of = { server: cluster.url, 'certificate-authority': cluster.certificateFile };
  const text = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'real' },
    clusters: [{ name: 'real', cluster: of }],
    users: [{ name: 'real', user: { token } }],
    contexts: [{ name: 'real', context: { cluster: 'real', user: 'real' } }],
  };
  writeFileSync(file, JSON.stringify(text));
  return file;
}

async function kubectl(...args: readonly string[]): Promise<string> {
  const run = await runToEnd(cluster.kubectl, [`--kubeconfig=${cluster.kubeconfig}`, ...args]);
  assert.equal(run.code, 0, run.output);
  return run.output;
}
