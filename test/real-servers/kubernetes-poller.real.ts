/**
 * The kubernetes poller before a real API server and metrics-server, over TLS, with no more than the rights of its role.
 * The runner starts what the text of a test asks for, which is here realKubernetes().
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runToEnd } from '../../local/run.ts';
import type { UsageSample } from '../../schemas/usage-sample.ts';
import { eventually } from '../integration/stack.ts';
import { Polled } from '../sources/polled.ts';
import { standingUsage } from '../sources/standing.ts';

const MINUTE = 60_000;
const clock = {
  get nowMs(): number {
    return Date.now();
  },
};

const folder = mkdtempSync(join(tmpdir(), 'apportion-real-poller-'));
after(() => rmSync(folder, { recursive: true }));

before(async () => {
  await kubectl('apply', '-f', join(import.meta.dirname, 'kubernetes/workload.yaml'));
  await eventually(
    'metrics-server knows all pods that run',
    async () => {
      const usage = await kubectl('get', '--raw', '/apis/metrics.k8s.io/v1beta1/pods');
      return (usage.match(/"timestamp"/g) ?? []).length >= 8;
    },
    2 * MINUTE,
  );
});

test('what real pods ask for and use is metered by workload, a restart in the middle included', async () => {
  const clusters = [{ name: 'real', kubeconfig: `file:${kubeconfigOf('REAL_KUBE_READER_TOKEN')}` }];
  const polled = new Polled({ name: 'kubernetes', settings: { clusters, windowMinutes: 1 }, clock });
  await polled.poll();
  assert.equal(polled.status.state, 'ok', polled.status.detail);
  assert.deepEqual(polled.status.warnings, []);
  await nextMinute();
  await polled.poll();
  polled.restart();
  await nextMinute();
  await polled.poll();

  const last = Math.max(...polled.samples.map(({ windowEnd }) => windowEnd));
  const window = polled.samples.filter(({ windowEnd }) => windowEnd === last);
  assert.equal(quantityOf(window, 'covered_seconds', ''), 60);
  for (const { owner, pods, cpuRequest, memoryRequest, cpuUsage, memoryUsage } of WORKLOADS) {
    const of = (meter: string): number => quantityOf(window, meter, owner);
    assert.equal(of('pod_seconds'), pods * 60, owner);
    assert.equal(of('unmeasured_pod_seconds'), 0, owner);
    assert.equal(of('cpu_request_millicore_seconds'), pods * 60 * cpuRequest, owner);
    assert.equal(of('memory_request_mib_seconds'), pods * 60 * memoryRequest, owner);
    assert.equal(of('memory_usage_mib_seconds'), pods * 60 * memoryUsage, owner);
    const cpu = of('cpu_usage_millicore_seconds') / (pods * 60);
    assert.ok(Math.abs(cpu - cpuUsage) < cpuUsage / 5, `${owner} uses ${cpu} millicores, not ${cpuUsage}`);
  }
  // Pods of the CronJob end in the second that they begin in: they are listed, and take no time.
  standingUsage(polled.samples);
});

test('a token that the API server does not know is told as that', async () => {
  const clusters = [{ name: 'real', kubeconfig: `file:${kubeconfigOf('NOBODY')}` }];
  const polled = new Polled({ name: 'kubernetes', settings: { clusters }, clock });
  await polled.poll();
  assert.match(polled.status.detail, /answered 401/);
});

/** As workload.yaml says; two pods of the DaemonSet, since there are two nodes. CPU in millicores, memory in MiB. */
const WORKLOADS = [
  workload('Deployment/api', 3, [250, 512], [120, 300]),
  // Its first init container asks for more CPU than all that runs later, and for less memory.
  workload('StatefulSet/store', 2, [3000, 4096 + 64], [1500, 2048]),
  workload('DaemonSet/agent', 2, [0, 0], [5, 48]),
  workload('Pod/by-hand', 1, [0, 0], [10, 16]),
];

function workload(owner: string, pods: number, requests: readonly [number, number], usage: readonly [number, number]) {
  const [[cpuRequest, memoryRequest], [cpuUsage, memoryUsage]] = [requests, usage];
  return { owner, pods, cpuRequest, memoryRequest, cpuUsage, memoryUsage };
}

function quantityOf(samples: readonly UsageSample[], meter: string, owner: string): number {
  return samples.find((sample) => sample.meter === meter && sample.owner === owner)?.quantity ?? 0;
}

function nextMinute(): Promise<true> {
  const next = (Math.floor(Date.now() / MINUTE) + 1) * MINUTE;
  return eventually('the minute is over', () => Date.now() > next, 2 * MINUTE);
}

/** A kubeconfig with the token that the variable holds. */
function kubeconfigOf(variable: string): string {
  const file = join(folder, `${variable}.json`);
  const cluster = {
    server: process.env['REAL_KUBE_URL'],
    'certificate-authority': process.env['REAL_KUBE_CERTIFICATE'],
  };
  const text = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'real' },
    clusters: [{ name: 'real', cluster }],
    users: [{ name: 'real', user: { token: process.env[variable] ?? 'token-of-nobody' } }],
    contexts: [{ name: 'real', context: { cluster: 'real', user: 'real' } }],
  };
  writeFileSync(file, JSON.stringify(text));
  return file;
}

async function kubectl(...args: readonly string[]): Promise<string> {
  const command = process.env['REAL_KUBECTL'] ?? 'kubectl';
  const run = await runToEnd(command, [`--kubeconfig=${process.env['REAL_KUBECONFIG']}`, ...args]);
  assert.equal(run.code, 0, run.output);
  return run.output;
}
